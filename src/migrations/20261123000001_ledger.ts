import { Migration } from '@mikro-orm/migrations';
import { refuseDown } from './refuse-down.js';

/** Intents, renewals that know neither invoice nor date, Stripe's facts, events with their bodies and deliveries, API keys. */
export class Migration20261123000001Ledger extends Migration {
  override up(): void {
    for (const statement of [...intents, ...facts, ...renewals, ...events, ...access]) this.addSql(statement);
  }

  override async down(): Promise<void> {
    await refuseDown(this, {
      rows: 'select id from "event" union all select id::text from "checkout_intent"',
      because: 'events and checkout intents would be lost for good. Drop the database instead, if that is meant.',
    });
    for (const table of tables) this.addSql(`drop table if exists "${table}"`);
    this.addSql('drop domain if exists "event_source", "event_state"');
    this.addSql('drop schema if exists "event_body_partition" cascade');
  }
}

const change = `"id" bigserial primary key, "at" timestamptz not null default now(), "by" text not null, "reason" text null, "changes" jsonb not null`;

const intents = [
  `create table "checkout_intent" (
    "id" bigserial primary key,
    "uuid" uuid not null default gen_random_uuid(),
    "state" text not null default 'CREATED',
    "enterprise_name" text null,
    "enterprise_slug" text null,
    "enterprise_uuid" uuid null,
    "given_stripe_customer_id" text null,
    "stripe_customer_id" text null,
    "quantity" int not null default 1,
    "created_at" timestamptz not null default now(),
    "updated_at" timestamptz not null default now(),
    constraint "checkout_intent_uuid_unique" unique ("uuid"),
    constraint "checkout_intent_state_check" check ("state" in ('CREATED', 'PAID', 'FULFILLED', 'ERRORED_BACKOFFICE', 'ERRORED_FULFILLMENT_STALLED', 'ERRORED_PROVISIONING', 'EXPIRED')))`,
  `create index "checkout_intent_state_id_index" on "checkout_intent" ("state", "id")`,
  `create index "checkout_intent_stripe_customer_id_id_index" on "checkout_intent" ("stripe_customer_id", "id")`,
  `create index "checkout_intent_enterprise_slug_id_index" on "checkout_intent" ("enterprise_slug", "id")`,
  `create table "checkout_intent_change" (${change},
    "checkout_intent_id" bigint not null,
    constraint "checkout_intent_change_checkout_intent_id_foreign" foreign key ("checkout_intent_id") references "checkout_intent" ("id") on delete cascade)`,
  `create index "checkout_intent_change_checkout_intent_id_index" on "checkout_intent_change" ("checkout_intent_id")`,
];

const facts = [
  `create table "subscription" (
    "id" text not null,
    "stripe_customer_id" text null,
    "status" text null,
    "cancel_at" timestamptz null,
    "cancel_at_period_end" boolean null,
    "ended_at" timestamptz null,
    "trial_end" timestamptz null,
    "current_period_start" timestamptz null,
    "current_period_end" timestamptz null,
    "created_at" timestamptz null,
    "named_intent_uuid" uuid null,
    "named_intent_id" bigint null,
    "is_named_by_itself" boolean not null default false,
    "checkout_intent_id" bigint null,
    "first_customer_id" text null,
    "first_event_at" timestamptz null,
    "first_event_id" text null,
    "is_deleted" boolean not null default false,
    "as_of" timestamptz null,
    "as_of_event_id" text null,
    "plan_lease_until" timestamptz null,
    "plan_lease_holder" text null,
    "recorded_at" timestamptz not null default now(),
    primary key ("id"),
    constraint "subscription_checkout_intent_id_foreign" foreign key ("checkout_intent_id") references "checkout_intent" ("id") on delete set null)`,
  `create index "subscription_checkout_intent_id_recorded_at_index" on "subscription" ("checkout_intent_id", "recorded_at")`,
  `create index "subscription_stripe_customer_id_recorded_at_index" on "subscription" ("stripe_customer_id", "recorded_at")`,
  `create index "subscription_status_recorded_at_index" on "subscription" ("status", "recorded_at")`,
  `create index "subscription_recorded_at_id_index" on "subscription" ("recorded_at", "id")`,
  `create index "subscription_named_intent_uuid_index" on "subscription" ("named_intent_uuid") where named_intent_uuid is not null`,
  `create index "subscription_named_intent_id_index" on "subscription" ("named_intent_id") where named_intent_id is not null`,
  `create table "subscription_move" (
    "subscription_id" text not null,
    "event_id" text not null,
    "occurred_at" timestamptz null,
    "position" int not null,
    "from_date" timestamptz not null,
    "to_date" timestamptz not null,
    primary key ("subscription_id", "event_id"),
    constraint "subscription_move_subscription_id_foreign" foreign key ("subscription_id") references "subscription" ("id") on delete cascade)`,
  `create table "invoice" (
    "id" text not null,
    "stripe_subscription_id" text null,
    "stripe_customer_id" text null,
    "status" text null,
    "billing_reason" text null,
    "currency" text null,
    "total" bigint null,
    "amount_paid" bigint null,
    "invoice_period_start" timestamptz null,
    "invoice_period_end" timestamptz null,
    "period_start" timestamptz null,
    "period_end" timestamptz null,
    "tolerance_seconds" int null,
    "lines_verdict" text not null,
    "lines" jsonb not null,
    "are_lines_truncated" boolean not null,
    "fetched_lines" jsonb null,
    "has_fetched_lines" boolean not null default false,
    "named_intent_uuid" uuid null,
    "named_intent_id" bigint null,
    "outcome" text null,
    "is_linked" boolean not null default false,
    "paid_at" timestamptz null,
    "created_at" timestamptz not null default now(),
    "recorded_at" timestamptz not null default now(),
    "as_of" timestamptz null,
    "as_of_event_id" text not null,
    primary key ("id"))`,
  `create index "invoice_created_at_id_index" on "invoice" ("created_at", "id")`,
  `create index "invoice_stripe_subscription_id_created_at_index" on "invoice" ("stripe_subscription_id", "created_at")`,
  `create index "invoice_stripe_customer_id_created_at_index" on "invoice" ("stripe_customer_id", "created_at")`,
  `create index "invoice_status_created_at_index" on "invoice" ("status", "created_at")`,
  `create index "invoice_unmatched_index" on "invoice" ("recorded_at") where outcome in ('NO_RENEWAL', 'AMBIGUOUS', 'CONFLICT')`,
  `create index "invoice_unlinked_index" on "invoice" ("created_at", "id") where not is_linked`,
];

const renewals = [
  `create table "renewal" (
    "id" bigserial primary key,
    "checkout_intent_id" bigint not null,
    "subscription_plan_renewal_id" text not null,
    "prior_subscription_plan_uuid" uuid null,
    "renewed_subscription_plan_uuid" uuid null,
    "given_stripe_subscription_id" text null,
    "stripe_subscription_id" text null,
    "state" text not null default 'SCHEDULED',
    "processing_started_at" timestamptz null,
    "processed_at" timestamptz null,
    "is_plan_active" boolean null,
    "canceled_by_hand" boolean not null default false,
    "is_canceled" boolean not null default false,
    "subscription_cancel_at" timestamptz null,
    "created_at" timestamptz not null default now(),
    "updated_at" timestamptz not null default now(),
    constraint "renewal_subscription_plan_renewal_id_unique" unique ("subscription_plan_renewal_id"),
    constraint "renewal_state_check" check ("state" in ('SCHEDULED', 'LINKED', 'PAID', 'PROCESSED', 'CANCELED')),
    constraint "renewal_checkout_intent_id_foreign" foreign key ("checkout_intent_id") references "checkout_intent" ("id"))`,
  `create index "renewal_checkout_intent_id_id_index" on "renewal" ("checkout_intent_id", "id")`,
  `create index "renewal_stripe_subscription_id_id_index" on "renewal" ("stripe_subscription_id", "id")`,
  `create index "renewal_state_id_index" on "renewal" ("state", "id")`,
  `create index "renewal_given_stripe_subscription_id_index" on "renewal" ("given_stripe_subscription_id") where given_stripe_subscription_id is not null`,
  `create table "renewal_change" (${change},
    "renewal_id" bigint not null,
    constraint "renewal_change_renewal_id_foreign" foreign key ("renewal_id") references "renewal" ("id") on delete cascade)`,
  `create index "renewal_change_renewal_id_index" on "renewal_change" ("renewal_id")`,
  // Always empty, locked as a whole: who settles shares it, who must not be overlooked by them closes it.
  `create table "fact_gate" ()`,
  `create table "refused_pair" (
    "renewal_id" bigint not null,
    "stripe_invoice_id" text not null,
    "at" timestamptz not null default now(),
    "by" text not null,
    "reason" text null,
    primary key ("renewal_id", "stripe_invoice_id"),
    constraint "refused_pair_renewal_id_foreign" foreign key ("renewal_id") references "renewal" ("id") on delete cascade)`,
];

const events = [
  // Domains, because the check of a table is read and planned anew by every statement that writes to it: a thirtieth of what storing an event takes.
  `create domain "event_source" as text check (value in ('STRIPE', 'LEDGER'))`,
  `create domain "event_state" as text check (value in ('PENDING', 'HANDLED', 'WAITING', 'RETRYING', 'DEAD', 'IGNORED'))`,
  `create table "event" (
    "id" text not null,
    "type" text not null,
    "source" "event_source" not null,
    "state" "event_state" not null,
    "ignored_because" text null,
    "api_version" text null,
    "livemode" boolean null,
    "account" text null,
    "occurred_at" timestamptz not null,
    "received_at" timestamptz not null default now(),
    "handled_at" timestamptz null,
    "stripe_customer_id" text null,
    "stripe_subscription_id" text null,
    "stripe_invoice_id" text null,
    "checkout_intent_id" bigint null,
    "body_hash" bytea not null,
    "payload_erased_at" timestamptz null,
    primary key ("id"))`,
  `create index "event_received_at_id_index" on "event" ("received_at", "id")`,
  `create index "event_type_received_at_index" on "event" ("type", "received_at")`,
  `create index "event_occurred_at_index" on "event" ("occurred_at")`,
  `create index "event_state_index" on "event" ("state", "received_at") where state <> 'HANDLED'`,
  `create index "event_customer_index" on "event" ("stripe_customer_id", "received_at") where stripe_customer_id is not null`,
  `create index "event_subscription_index" on "event" ("stripe_subscription_id", "received_at") where stripe_subscription_id is not null`,
  `create index "event_invoice_index" on "event" ("stripe_invoice_id", "received_at") where stripe_invoice_id is not null`,
  `create index "event_intent_index" on "event" ("checkout_intent_id", "received_at") where checkout_intent_id is not null`,
  // The partitions have a schema of their own: the ORM's comparison of schemas would take them for strangers.
  `create schema "event_body_partition"`,
  `create table "event_body" (
    "event_id" text not null,
    "received_at" timestamptz not null,
    "body" bytea not null,
    primary key ("event_id", "received_at")) partition by range ("received_at")`,
  // The embedded server was built without lz4, and pglz costs more than all the rest of storing an event. Partitions inherit it.
  `do $$ begin
    if exists (select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)) then
      alter table "event_body" alter column "body" set compression lz4;
    else
      alter table "event_body" alter column "body" set storage external;
    end if;
  end $$`,
  `create table "delivery" (
    "event_id" text not null,
    "handler" text not null,
    "state" text not null default 'PENDING',
    "tries" int not null default 0,
    "signals" int not null default 0,
    "waiting_for" text null,
    "waiting_since" timestamptz null,
    "last_error" text null,
    "next_try_at" timestamptz null,
    "finished_at" timestamptz null,
    "created_at" timestamptz not null default now(),
    primary key ("event_id", "handler"),
    constraint "delivery_state_check" check ("state" in ('PENDING', 'DONE', 'WAITING', 'RETRYING', 'DEAD', 'SKIPPED')),
    constraint "delivery_event_id_foreign" foreign key ("event_id") references "event" ("id") on delete cascade)`,
  `create index "delivery_state_index" on "delivery" ("state", "handler") where state <> 'DONE'`,
  `create index "delivery_waiting_index" on "delivery" ("waiting_for") where state = 'WAITING'`,
  `create index "delivery_due_index" on "delivery" ("next_try_at") where state in ('PENDING', 'RETRYING', 'WAITING')`,
];

const access = [
  `create table "api_key" (
    "id" bigserial primary key,
    "name" text not null,
    "scope" text not null,
    "hash" text not null,
    "created_at" timestamptz not null default now(),
    "revoked_at" timestamptz null,
    constraint "api_key_name_unique" unique ("name"),
    constraint "api_key_hash_unique" unique ("hash"),
    constraint "api_key_scope_check" check ("scope" in ('read', 'write', 'admin')))`,
];

const tables = [
  'api_key',
  'delivery',
  'event_body',
  'event',
  'fact_gate',
  'refused_pair',
  'renewal_change',
  'renewal',
  'invoice',
  'subscription_move',
  'subscription',
  'checkout_intent_change',
  'checkout_intent',
];
