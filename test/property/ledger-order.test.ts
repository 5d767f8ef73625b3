import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Plot, plots } from '../support/happenings.js';
import { openTestLedger, type TestLedger } from '../support/ledger.js';
import { type Happening, type Outcome, told, World } from '../support/world.js';

const RUNS = 30;

let ledger: TestLedger;
beforeAll(async () => void (ledger = await openTestLedger()));
afterAll(() => ledger.close());

it('the database ends as the pure rules do, whatever happens in whatever order', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(plots, async ({ disordered }: Plot) => {
      await ledger.empty();
      const world = new World();
      for (const happening of disordered) {
        world.happen(happening);
        await happen(happening);
      }
      const { renewals, outcomes, announced, reports, intent } = world.outcome();
      expect(await stored()).toEqual({ renewals, outcomes, announced, reports, intent });
    }),
    { numRuns: RUNS, plugins: [fc.interruptAfterTimeLimit(20_000)] },
  );
});

async function happen(happening: Happening): Promise<void> {
  if (happening.kind === 'batch') return void (await ledger.record(...happening.events));
  const intentId = await ledger.intent();
  if (happening.kind === 'intent') return;
  const { number, date, names } = happening;
  const input = {
    subscriptionPlanRenewalId: `plan-renewal-${number}`,
    effectiveDate: date,
    stripeSubscriptionId: names,
  };
  await ledger.renewal(intentId, input);
}

async function stored(): Promise<Omit<Outcome, 'subscriptions' | 'facts' | 'reported'>> {
  const [intent] = await ledger.db.sql<{ state: never; customerId: string | null }>(
    'select state, stripe_customer_id as "customerId" from checkout_intent',
  );
  const invoices = await ledger.db.sql<{ id: string; outcome: string }>('select id, outcome from invoice');
  const raised = await ledger.raised('renewal.paid', 'payment.received');
  const attention = await ledger.raised('attention.needed');
  return {
    intent,
    outcomes: Object.fromEntries(invoices.map(({ id, outcome }) => [id, outcome])),
    renewals: Object.fromEntries(
      (await ledger.renewals()).map((renewal) => [renewal.subscriptionPlanRenewalId, told(renewal)]),
    ),
    announced: raised
      .map(({ type, object }) =>
        [
          type,
          ...(type === 'renewal.paid' ? [object['subscriptionPlanRenewalId']] : []),
          object['stripeInvoiceId'],
        ].join(':'),
      )
      .toSorted(),
    reports: attention.map(({ object }) => `${String(object['code'])}:${String(object['subject'])}`).toSorted(),
  };
}
