import { Migration } from '@mikro-orm/migrations';

/**
 * Renewals learn their invoice and their date. Built for a large table under load: columns without a rewrite, indexes
 * concurrently, hence without a transaction; every step may be run again after an interruption.
 */
export class Migration20261123000002RenewalInvoiceAndDate extends Migration {
  override isTransactional(): boolean {
    return false;
  }

  override up(): void {
    this.addSql(`alter table "renewal"
      add column if not exists "given_date" timestamptz null,
      add column if not exists "is_date_fixed" boolean not null default false,
      add column if not exists "effective_date" timestamptz null,
      add column if not exists "stripe_invoice_id" text null,
      add column if not exists "linked_by" text null`);
    this.addSql(`alter table "renewal" drop constraint if exists "renewal_linked_by_check"`);
    this.addSql(
      `alter table "renewal" add constraint "renewal_linked_by_check" check ("linked_by" in ('RULE', 'PERSON', 'BACKFILL', 'IMPORT'))`,
    );
    this.addSql(`alter table "renewal" drop constraint if exists "renewal_stripe_invoice_id_unique"`);
    for (const [name, definition] of indexes) {
      this.addSql(`drop index concurrently if exists "${name}"`);
      this.addSql(`create ${definition}`);
    }
    this.addSql(
      `alter table "renewal" add constraint "renewal_stripe_invoice_id_unique" unique using index "renewal_stripe_invoice_id_unique"`,
    );
  }

  override down(): void {
    for (const column of ['linked_by', 'stripe_invoice_id', 'effective_date', 'is_date_fixed', 'given_date']) {
      this.addSql(`alter table "renewal" drop column if exists "${column}"`);
    }
  }
}

const indexes: [name: string, definition: string][] = [
  [
    'renewal_stripe_invoice_id_unique',
    `unique index concurrently "renewal_stripe_invoice_id_unique" on "renewal" ("stripe_invoice_id")`,
  ],
  [
    'renewal_effective_date_id_index',
    `index concurrently "renewal_effective_date_id_index" on "renewal" ("effective_date", "id")`,
  ],
  [
    'renewal_scheduled_index',
    `index concurrently "renewal_scheduled_index" on "renewal" ("effective_date") where state = 'SCHEDULED'`,
  ],
];
