import { OnlineMigration } from './online-migration.js';

/** An invoice in conflict names the renewal that it wants, so that a conflict over another one is told too. */
export class Migration20261123000009WantedRenewal extends OnlineMigration {
  override async up(): Promise<void> {
    await this.alterBriefly('alter table "invoice" add column if not exists "wanted_renewal_id" bigint null');
  }

  override async down(): Promise<void> {
    await this.alterBriefly('alter table "invoice" drop column if exists "wanted_renewal_id"');
  }
}
