import { GiveUp, HandlerMap, NotFoundError } from '@renewal-ledger/sdk';

/**
 * What this service does: prints a receipt for each payment, and marks each renewal as processed once it is paid.
 *
 * @param {{ ledger: import('@renewal-ledger/sdk').LedgerClient, print: (line: string) => void }} parts
 */
export function createReceipts({ ledger, print }) {
  // A real service keeps these in its database: a delivery may come again after a restart too.
  const printed = new Set();
  return new HandlerMap()
    .on(
      'payment.received',
      (event, ctx) => {
        if (printed.has(ctx.deliveryKey)) return;
        const { stripeInvoiceId, amountPaid, currency } = event.data.object;
        print(`Receipt: ${stripeInvoiceId}, ${amount(amountPaid, currency)}`);
        printed.add(ctx.deliveryKey);
      },
      { name: 'Receipts.print' },
    )
    .on(
      'renewal.paid',
      async (event) => {
        const { renewalId } = event.data.object;
        if (!renewalId) throw new GiveUp('The event names no renewal.');
        await ledger.markRenewalProcessed({ renewalId }).catch((error) => {
          throw error instanceof NotFoundError ? new GiveUp(error.message) : error;
        });
        print(`Renewal ${renewalId} is processed`);
      },
      { name: 'Receipts.process' },
    );
}

/** Amounts are in the currency's minor unit. */
function amount(minor, currency) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: currency ?? 'usd' });
  return format.format((minor ?? 0) / 10 ** format.resolvedOptions().maximumFractionDigits);
}
