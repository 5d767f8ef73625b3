import { OnlineMigration } from './online-migration.js';
import { refuseDown } from './refuse-down.js';

/** A replay for one handler says so on the event, so that it gives the event to no other, whoever wakes it. */
export class Migration20261123000008ReplayForHandlers extends OnlineMigration {
  override async up(): Promise<void> {
    await this.alterBriefly('alter table "event" add column if not exists "replayed_for" text[] null');
  }

  override async down(): Promise<void> {
    await refuseDown(this, {
      rows: `select id from "event" where replayed_for is not null and state not in ('HANDLED', 'DEAD', 'IGNORED')`,
      because:
        'events are being replayed for some handlers only, and all would be given them. Let the workers finish first.',
    });
    await this.alterBriefly('alter table "event" drop column if exists "replayed_for"');
  }
}
