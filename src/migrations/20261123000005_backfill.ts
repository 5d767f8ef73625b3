import { Migration } from '@mikro-orm/migrations';
import { refuseDown } from './refuse-down.js';

/** Runs that fill what is missing, with what each changed and could not. */
export class Migration20261123000005Backfill extends Migration {
  override up(): void {
    this.addSql(`create table if not exists "backfill" (
      "id" bigserial primary key,
      "kind" text not null,
      "state" text not null default 'RUNNING',
      "dry_run" boolean not null default false,
      "announce" boolean not null,
      "scope" text not null,
      "checkout_intent_id" bigint null,
      "since" timestamptz null,
      "event_types" text[] null,
      "cursor" text null,
      "total" int null,
      "examined" int not null default 0,
      "linked" int not null default 0,
      "dated" int not null default 0,
      "skipped" int not null default 0,
      "ambiguous" int not null default 0,
      "failed" int not null default 0,
      "stored" int not null default 0,
      "last_error" text null,
      "undone_at" timestamptz null,
      "started_by" text not null,
      "started_at" timestamptz not null default now(),
      "progressed_at" timestamptz not null default now(),
      "finished_at" timestamptz null,
      constraint "backfill_kind_check" check ("kind" in ('RENEWAL_LINKS', 'STRIPE_EVENTS')),
      constraint "backfill_state_check" check ("state" in ('RUNNING', 'DONE', 'CANCELED', 'FAILED')))`);
    this.addSql(
      `create unique index if not exists "backfill_running_unique" on "backfill" ("kind", "scope", "dry_run") where state = 'RUNNING'`,
    );
    this.addSql(
      `create index if not exists "backfill_running_index" on "backfill" ("progressed_at") where state = 'RUNNING'`,
    );
    this.addSql(`create table if not exists "backfill_record" (
      "id" bigserial primary key,
      "backfill_id" bigint not null,
      "record_id" text not null,
      "changes" jsonb null,
      "code" text null,
      "reason" text not null,
      constraint "backfill_record_backfill_id_foreign" foreign key ("backfill_id") references "backfill" ("id") on delete cascade)`);
    this.addSql(
      `create index if not exists "backfill_record_change_index" on "backfill_record" ("backfill_id", "id") where code is null`,
    );
    this.addSql(
      `create index if not exists "backfill_record_problem_index" on "backfill_record" ("backfill_id", "id") where code is not null`,
    );
  }

  override async down(): Promise<void> {
    await refuseDown(this, {
      rows: `select id from "backfill" where not dry_run and kind = 'RENEWAL_LINKS' and linked + dated > 0`,
      because:
        'backfills filled renewals, and without their records nobody can take that back. Restore a backup instead.',
    });
    this.addSql('drop table if exists "backfill_record"');
    this.addSql('drop table if exists "backfill"');
  }
}
