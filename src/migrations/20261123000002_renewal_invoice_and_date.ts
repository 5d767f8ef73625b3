import { type IndexSpec, OnlineMigration } from './online-migration.js';
import { refuseDown } from './refuse-down.js';

/**
 * Renewals learn their invoice and their date. Built for a large table under load: columns without a rewrite, the check without a scan
 * under its lock, indexes concurrently.
 */
export class Migration20261123000002RenewalInvoiceAndDate extends OnlineMigration {
  override async up(): Promise<void> {
    await this.alterBriefly(
      `alter table "renewal"
        add column if not exists "given_date" timestamptz null,
        add column if not exists "is_date_fixed" boolean not null default false,
        add column if not exists "effective_date" timestamptz null,
        add column if not exists "stripe_invoice_id" text null,
        add column if not exists "linked_by" text null,
        drop constraint if exists "renewal_linked_by_check"`,
      `alter table "renewal" add constraint "renewal_linked_by_check"
        check ("linked_by" in ('RULE', 'PERSON', 'BACKFILL', 'IMPORT')) not valid`,
    );
    await this.query('alter table "renewal" validate constraint "renewal_linked_by_check"');
    for (const index of indexes) await this.buildIndex(index);
    await this.makeInvoiceUnique();
  }

  override async down(): Promise<void> {
    await refuseDown(this, {
      rows: GIVEN_BY_SOMEBODY,
      because:
        'renewals hold a date, a link or a processing that somebody gave or did, and that no event tells. Restore a backup instead.',
    });
    await this.alterBriefly(`alter table "renewal"
      drop column if exists "linked_by",
      drop column if exists "stripe_invoice_id",
      drop column if exists "effective_date",
      drop column if exists "is_date_fixed",
      drop column if exists "given_date"`);
  }

  private async makeInvoiceUnique(): Promise<void> {
    const [made] = await this.query('select from pg_constraint where conrelid = $1::regclass and conname = $2', [
      'renewal',
      INVOICE_UNIQUE,
    ]);
    if (made !== undefined) return;
    await this.alterBriefly(
      `alter table "renewal" add constraint "${INVOICE_UNIQUE}" unique using index "${INVOICE_UNIQUE}"`,
    );
  }
}

const INVOICE_UNIQUE = 'renewal_stripe_invoice_id_unique';

const indexes: readonly IndexSpec[] = [
  { name: INVOICE_UNIQUE, unique: true, on: `"renewal" ("stripe_invoice_id")` },
  { name: 'renewal_effective_date_id_index', on: `"renewal" ("effective_date", "id")` },
  { name: 'renewal_scheduled_index', on: `"renewal" ("effective_date") where state = 'SCHEDULED'` },
];

/** Links by rule, and dates that a migration or a backfill read from events, are found again by the migration that fills them in. */
const GIVEN_BY_SOMEBODY = `
  select r.id from renewal r
  where (r.stripe_invoice_id is not null
      and (r.linked_by in ('PERSON', 'IMPORT') or r.processing_started_at is not null or r.processed_at is not null))
    or (r.given_date is not null and coalesce(
      (select c.by from renewal_change c where c.renewal_id = r.id and jsonb_exists(c.changes, 'givenDate') order by c.id desc limit 1),
      '') !~ '^(migration|backfill):')`;
