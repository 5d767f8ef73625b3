import { patternCovers } from '@renewal-ledger/sdk';
import type Stripe from 'stripe';
import { type Diagnosis, note, ok, unknown, wrong } from './finding.js';

/** A handler, and a type or pattern that it takes. */
export interface Wanted {
  readonly handler: string;
  readonly pattern: string;
}

/** Without these, facts go stale: what an invoice or a subscription came to is told by no other type. */
const NEEDED = [
  'customer.subscription.created',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.resumed',
  'customer.subscription.updated',
  'invoice.created',
  'invoice.deleted',
  'invoice.finalized',
  'invoice.marked_uncollectible',
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.updated',
  'invoice.voided',
];

const PATH = '/webhooks/stripe';
const SETTINGS = 'https://dashboard.stripe.com/webhooks';

export interface EndpointOptions {
  /** The webhook's public address; left out: what ends like the service's path. */
  readonly url: string | undefined;
  /** Of Stripe's types. */
  readonly wanted: readonly Wanted[];
}

/** What Stripe's endpoint sends against what handlers take. */
export function checkEndpoints(
  endpoints: readonly Stripe.WebhookEndpoint[] | undefined,
  options: EndpointOptions,
): Diagnosis[] {
  if (endpoints === undefined) return [unknown('Stripe could not be asked for its webhook endpoints.')];
  const ours = endpoints.filter(({ url }) =>
    options.url === undefined ? pathOf(url).endsWith(PATH) : url === options.url,
  );
  if (ours.length === 0)
    return [
      wrong(
        `None of Stripe's ${endpoints.length} webhook endpoints posts to ${options.url ?? `an address that ends in ${PATH}`}.`,
        `Add one at ${SETTINGS}, or name yours: renewal-ledger doctor --endpoint https://…`,
      ),
    ];
  const enabled = ours.filter(({ status }) => status === 'enabled');
  const disabled = ours.filter(({ status }) => status !== 'enabled');
  return [
    ...disabled.map(({ url }) =>
      (enabled.length > 0 ? note : wrong)(`${url} is disabled in Stripe.`, `Enable it: ${SETTINGS}`),
    ),
    ...(enabled.length === 0 ? [] : checkTypes(enabled, options)),
  ];
}

function checkTypes(enabled: readonly Stripe.WebhookEndpoint[], { wanted }: EndpointOptions): Diagnosis[] {
  const sent = new Set(enabled.flatMap(({ enabled_events: types }) => types));
  const told = enabled.map(({ url }) => url).join(', ');
  if (sent.has('*')) return [ok(`${told} is sent every type of event.`)];
  const missing = NEEDED.filter((type) => !sent.has(type));
  const unsent = wanted.filter(({ pattern }) => ![...sent].some((type) => patternCovers(pattern, type)));
  const unheard = [...sent].filter((type) => !wanted.some(({ pattern }) => patternCovers(pattern, type)));
  return [
    ...(missing.length > 0
      ? [wrong(`${told} is not sent ${missing.join(', ')}: facts go stale without them.`, `Add them: ${SETTINGS}`)]
      : []),
    ...unsent.map(({ handler, pattern }) =>
      wrong(`${handler} takes ${pattern}, which ${told} is not sent.`, `Add it: ${SETTINGS}`),
    ),
    ...(missing.length + unsent.length === 0
      ? [ok(`${told} is sent what the handlers take (${sent.size} types).`)]
      : []),
    ...(unheard.length > 0
      ? [note(`Nobody handles ${unheard.toSorted().join(', ')}: such events are stored and IGNORED.`)]
      : []),
  ];
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname.replace(/\/+$/, '') : '';
}
