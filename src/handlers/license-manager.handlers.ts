import { type EventOf, type HandlerContext, On, readSubscription, RetryLater } from '@renewal-ledger/sdk';
import type { Lease, Processing } from '../ledger/processing.js';
import { objectOf } from './fact-context.js';
import { type LicenseManager, LicenseManagerError } from './license-manager-client.js';

/** Longer than a call may take, so that a lease outlives the call that it covers. */
const LEASE_SECONDS = 30;
export const CALL_SECONDS = 10;

const OPTIONS = { timeoutSeconds: 60, concurrency: 4 } as const;

/** Has paid renewals processed by the license manager, and keeps its plans as the facts say (docs/license-manager.md). */
export class LicenseManagerHandlers {
  readonly #processing: Processing;
  readonly #licenseManager: LicenseManager;

  constructor(processing: Processing, licenseManager: LicenseManager) {
    this.#processing = processing;
    this.#licenseManager = licenseManager;
  }

  /** Claimed first, then called with the same key on every try, then marked in one transaction with this delivery. */
  @On('renewal.paid', OPTIONS)
  async process(event: EventOf<'renewal.paid'>, ctx: HandlerContext): Promise<void> {
    const { renewalId, stripeInvoiceId } = event.data.object;
    if (renewalId === null || stripeInvoiceId === null) return;
    const renewal = await this.#processing.claim(renewalId, stripeInvoiceId);
    if (renewal === null) return;
    await this.#licenseManager.process(renewal.subscriptionPlanRenewalId, `process:${renewal.id}`, ctx.signal);
    ctx.write((em) => this.#processing.complete(em, renewal.id, 'license-manager'));
  }

  @On('renewal.processed', OPTIONS)
  async setPlansOfRenewal(event: EventOf<'renewal.processed'>, ctx: HandlerContext): Promise<void> {
    await this.#setPlans(event.data.object.stripeSubscriptionId, ctx);
  }

  /** Stripe's own events, and not the ledger's: those are not raised of an event that a newer one has overtaken. */
  @On('customer.subscription.*', OPTIONS)
  async setPlansOfSubscription(event: EventOf<'customer.subscription.*'>, ctx: HandlerContext): Promise<void> {
    await this.#setPlans(readSubscription(objectOf(event)).id, ctx);
  }

  /** What is to be called is asked anew before every call: a stale retry (off) after a recovery (on) finds nothing to do. */
  async #setPlans(subscriptionId: string | null, ctx: HandlerContext): Promise<void> {
    if (subscriptionId === null) return;
    const lease: Lease = { holder: `${ctx.deliveryKey}:${ctx.tries}`, seconds: LEASE_SECONDS };
    for (;;) {
      const plan = await this.#processing.leasePlan(subscriptionId, lease);
      if (plan === null) return;
      // Whoever calls is done in a moment as a rule; the lease of one that died is waited for in ever longer steps.
      if ('waitSeconds' in plan) {
        const pause = Math.min(plan.waitSeconds, 2 ** (ctx.tries - 1));
        throw new RetryLater(pause, 'Another call for this subscription is under way.');
      }
      try {
        await this.#licenseManager.setPlan(plan, ctx.signal);
      } catch (error) {
        // Without an answer the call may still arrive: the lease keeps others from calling until it surely has.
        if (error instanceof LicenseManagerError && error.status !== null)
          await this.#processing.releasePlan(subscriptionId, lease);
        throw error;
      }
      await this.#processing.releasePlan(subscriptionId, lease, plan);
    }
  }
}
