import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createLedgerClient, type LedgerClient } from '../../client/ledger-client.js';
import type { AnyEvent } from '../../event-types.js';
import { type Life, lifeOf } from '../life/life.js';
import { signed } from '../signed.js';
import type { Play } from './disorder.js';

export interface ServiceAccess {
  /** The ledger's `STRIPE_WEBHOOK_SECRET`. */
  readonly webhookSecret: string;
  /** Of scope write or admin. */
  readonly apiKey: string;
  /** How long to wait until the ledger has nothing left to do for a run; 30 if left out. */
  readonly settleSeconds?: number;
}

/** What is done to the ledger in a run: a mutation or a webhook. */
interface Act {
  readonly name: string;
  readonly perform: () => Promise<void>;
}

/**
 * Plays each run with a checkout intent, renewals, customer and subscription of its own, so that one database serves them all, and
 * answers what the ledger says of them with the ids told by what they stand for.
 */
export function playOnService(url: string, access: Partial<ServiceAccess>): Play {
  const { webhookSecret, apiKey, settleSeconds = 30 } = access;
  if (webhookSecret === undefined || apiKey === undefined) {
    throw new TypeError('assertConverges on a running ledger needs its webhookSecret and an apiKey.');
  }
  const ledger = new RunningLedger(url, { webhookSecret, apiKey });
  return async (life, order) => {
    const uuid = randomUUID();
    const own = lifeOf(`${life.subscription}_${uuid.slice(0, 8)}`, {
      ...life.spec,
      customer: `cus_${uuid}`,
      metadata: { ...life.spec.metadata, checkout_intent_uuid: uuid },
    });
    for (const { item } of order(actsOf(ledger, own, uuid))) await item.perform();
    await ledger.settled(own, Date.now() + settleSeconds * 1000);
    return withoutIds(await ledger.stateOf(uuid), own);
  };
}

function actsOf(ledger: RunningLedger, life: Life, uuid: string): Act[] {
  const intent = {
    name: 'createCheckoutIntent',
    perform: async () => void (await ledger.intentId(uuid)),
  };
  const renewals = life.renewals.map(({ effectiveDate }, index) => ({
    name: `createRenewal ${index + 1}`,
    perform: () => ledger.createRenewal(uuid, { index, effectiveDate, subscription: life.subscription }),
  }));
  const webhooks = life.events.map((event) => ({
    name: `${event.type} ${event.id}`,
    perform: () => ledger.post(event),
  }));
  return [intent, ...renewals, ...webhooks];
}

interface RenewalInput {
  readonly index: number;
  readonly effectiveDate: number;
  readonly subscription: string;
}

class RunningLedger {
  readonly #client: LedgerClient;

  constructor(
    private readonly url: string,
    private readonly access: Pick<ServiceAccess, 'webhookSecret' | 'apiKey'>,
  ) {
    this.#client = createLedgerClient({ url, apiKey: access.apiKey });
  }

  async post(event: AnyEvent): Promise<void> {
    const response = await fetch(new URL('/webhooks/stripe', this.url), {
      method: 'POST',
      ...signed(event, this.access.webhookSecret),
    });
    if (!response.ok)
      throw new Error(`The ledger answered ${response.status} to ${event.type}: ${await response.text()}`);
  }

  /** Creates the intent where it is missing: a repeat answers the present one. */
  async intentId(uuid: string): Promise<string> {
    return (await this.#client.createCheckoutIntent({ uuid })).id;
  }

  async createRenewal(uuid: string, { index, effectiveDate, subscription }: RenewalInput): Promise<void> {
    await this.#client.createRenewal({
      checkoutIntentId: await this.intentId(uuid),
      subscriptionPlanRenewalId: `${uuid}:${index}`,
      stripeSubscriptionId: subscription,
      effectiveDate: new Date(effectiveDate * 1000).toISOString(),
    });
  }

  async settled({ subscription }: Life, deadline: number): Promise<void> {
    const filter = { stripeSubscriptionId: subscription, state: ['PENDING', 'RETRYING'] } as const;
    for (;;) {
      const { nodes } = await this.#client.events({ first: 5, filter }).page();
      if (nodes.length === 0) return;
      if (Date.now() > deadline)
        throw new Error(`The ledger did not settle ${subscription} in time: ${JSON.stringify(nodes)}`);
      await pause(50);
    }
  }

  async stateOf(uuid: string): Promise<unknown> {
    return (await this.#client.query<{ checkoutIntent: unknown }>(STATE, { uuid })).checkoutIntent;
  }
}

const STATE = `query ($uuid: ID!) {
  checkoutIntent(uuid: $uuid) {
    state
    stripeCustomerId
    renewals(first: 100) {
      nodes { subscriptionPlanRenewalId state effectiveDate stripeSubscriptionId stripeInvoiceId isCanceled subscriptionCancelAt invoice { status total amountPaid } }
    }
    subscriptions(first: 100) {
      nodes { id status cancelAt cancelAtPeriodEnd endedAt trialEnd currentPeriodStart currentPeriodEnd invoices(first: 100) { nodes { id status billingReason periodStart } } }
    }
  }
}`;

/** The ids of a run replaced by what they stand for, and lists sorted, as their order is that of arrival. */
function withoutIds(state: unknown, life: Life): unknown {
  let text = JSON.stringify(state);
  const names: [string, string][] = [
    [life.subscription, 'the subscription'],
    [String(life.spec.customer), 'the customer'],
  ];
  const invoices = [...new Set(life.events.map((event) => (event.data.object as { id?: string }).id))].filter((id) =>
    id?.startsWith('in_'),
  );
  names.push(...invoices.map((id, index): [string, string] => [String(id), `invoice ${index + 1}`]));
  names.push([String(life.spec.metadata?.['checkout_intent_uuid']), 'the intent']);
  for (const [id, name] of names) text = text.replaceAll(id, name);
  return JSON.parse(text, (_key, value) => (Array.isArray(value) ? value.toSorted(byText) : value));
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
