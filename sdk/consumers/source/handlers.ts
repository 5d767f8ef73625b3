import { GiveUp, HandlerMap, On, readInvoice, RetryLater, waitFor } from '@renewal-ledger/sdk';
import type { EventOf, HandlerContext } from '@renewal-ledger/sdk';

declare module '@renewal-ledger/sdk' {
  interface LedgerEvents {
    'acme.receipt_sent': { invoice: string; total: number };
  }
}

/** Told to whoever runs this. */
export const told: string[] = [];

export class Receipts {
  readonly #sent = new Set<string>();

  @On('invoice.paid', { tries: 20, timeoutSeconds: 10, backoff: { firstSeconds: 5 } })
  async onPaid(event: EventOf<'invoice.paid'>, ctx: HandlerContext): Promise<void> {
    const total: number = event.data.object.total;
    const { id } = readInvoice(event.data.object);
    if (id === null) throw new GiveUp('An invoice without id cannot be paid.');
    if (!this.#sent.has(ctx.deliveryKey)) told.push(`receipt for ${id} of ${total}`);
    this.#sent.add(ctx.deliveryKey);
    ctx.emit('acme.receipt_sent', id, { invoice: id, total });
  }

  @On('invoice.voided')
  @On('invoice.marked_uncollectible')
  async onLost(event: EventOf<'invoice.voided' | 'invoice.marked_uncollectible'>) {
    return waitFor(`invoice:${event.data.object.id}`);
  }

  @On('customer.subscription.*')
  onSubscription(event: EventOf<'customer.subscription.*'>): void {
    if (event.type === 'customer.subscription.deleted') throw new RetryLater(60);
    told.push(`${event.data.object.object} ${event.data.object.status}`);
  }

  @On('renewal.paid')
  async onRenewalPaid({ data }: EventOf<'renewal.paid'>): Promise<void> {
    const renewal: string | null = data.object.subscriptionPlanRenewalId;
    told.push(`renewal ${renewal} by ${data.object.amountPaid}`);
  }

  @On('acme.receipt_sent')
  async onSent({ data }: EventOf<'acme.receipt_sent'>) {
    told.push(`sent ${data.object.invoice}`);
  }

  @On('*')
  async onAny(event: EventOf<'*'>) {
    told.push(`any ${event.type}`);
  }
}

export const map = new HandlerMap()
  .register(new Receipts())
  .on('payment.received', async (event) => void told.push(`received ${event.data.object.amountPaid}`), {
    name: 'payments',
  });
