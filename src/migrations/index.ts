import { Migration20261123000001Ledger } from './20261123000001_ledger.js';
import { Migration20261123000002RenewalInvoiceAndDate } from './20261123000002_renewal_invoice_and_date.js';
import { Migration20261123000003FillRenewals } from './20261123000003_fill_renewals.js';
import { Migration20261123000004HandlerEndpoint } from './20261123000004_handler_endpoint.js';
import { Migration20261123000005Backfill } from './20261123000005_backfill.js';
import { Migration20261123000006StripeSync } from './20261123000006_stripe_sync.js';
import { Migration20261123000007BackfillUndo } from './20261123000007_backfill_undo.js';
import { Migration20261123000008ReplayForHandlers } from './20261123000008_replay_for_handlers.js';
import { Migration20261123000009WantedRenewal } from './20261123000009_wanted_renewal.js';

/** Append-only, in order. A name that has run is never changed. */
export const migrationsList = [
  { name: '20261123000001_ledger', class: Migration20261123000001Ledger },
  { name: '20261123000002_renewal_invoice_and_date', class: Migration20261123000002RenewalInvoiceAndDate },
  { name: '20261123000003_fill_renewals', class: Migration20261123000003FillRenewals },
  { name: '20261123000004_handler_endpoint', class: Migration20261123000004HandlerEndpoint },
  { name: '20261123000005_backfill', class: Migration20261123000005Backfill },
  { name: '20261123000006_stripe_sync', class: Migration20261123000006StripeSync },
  { name: '20261123000007_backfill_undo', class: Migration20261123000007BackfillUndo },
  { name: '20261123000008_replay_for_handlers', class: Migration20261123000008ReplayForHandlers },
  { name: '20261123000009_wanted_renewal', class: Migration20261123000009WantedRenewal },
];
