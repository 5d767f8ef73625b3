import { Migration } from '@mikro-orm/migrations';
import { refuseDown } from './refuse-down.js';

/** Which times of Stripe's events are known to be stored, and what a walk through them has to remember. */
export class Migration20261123000006StripeSync extends Migration {
  override up(): void {
    this.addSql(`alter table "backfill"
      add column if not exists "delivery_success" boolean null,
      add column if not exists "patterns" text[] null,
      add column if not exists "announces_observed" boolean not null default false`);
    this.addSql(`create table if not exists "event_span" (
      "id" bigserial primary key,
      "patterns" text[] not null,
      "wanted_from" timestamptz not null,
      "covered_from" timestamptz not null,
      "covered_until" timestamptz not null,
      constraint "event_span_order_check" check (wanted_from <= covered_from and covered_from <= covered_until))`);
  }

  override async down(): Promise<void> {
    await refuseDown(this, {
      rows: `select id from "backfill" where kind = 'STRIPE_EVENTS' and state = 'RUNNING'`,
      because:
        'walks through what Stripe has would go on without the options that they were started with. Cancel them first.',
    });
    this.addSql('drop table if exists "event_span"');
    this.addSql(`alter table "backfill"
      drop column if exists "delivery_success", drop column if exists "patterns", drop column if exists "announces_observed"`);
  }
}
