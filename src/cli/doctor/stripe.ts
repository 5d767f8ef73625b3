import type Stripe from 'stripe';
import type { Config } from '../../config.js';
import { type Diagnosis, note, ok, unknown, wrong } from './finding.js';

export type StripeSettings = Pick<Config, 'livemode' | 'stripe'>;

/** What Stripe says of itself; undefined where it could not be asked, and `diagnoses` say why. */
export interface Asked {
  readonly endpoints: readonly Stripe.WebhookEndpoint[] | undefined;
  readonly diagnoses: Diagnosis[];
}

const NO_KEY = unknown(
  'STRIPE_API_KEY is not set, so Stripe cannot be asked.',
  'Set it to a restricted key that may read events, invoices and webhook endpoints. Without it, long invoices stay incomplete and missed events cannot be fetched.',
);

/** Asks with the configured key for Stripe's webhook endpoints: which also shows whether the key counts. */
export async function askStripe(
  stripe: Stripe | undefined,
  { livemode, stripe: { apiKey } }: StripeSettings,
): Promise<Asked> {
  if (stripe === undefined || apiKey === undefined) return { endpoints: undefined, diagnoses: [NO_KEY] };
  const mode = checkMode(apiKey, livemode);
  try {
    const endpoints: Stripe.WebhookEndpoint[] = [];
    for await (const endpoint of stripe.webhookEndpoints.list({ limit: 100 })) endpoints.push(endpoint);
    return { endpoints, diagnoses: [ok('Stripe takes the key.'), ...mode] };
  } catch (error) {
    return { endpoints: undefined, diagnoses: [refusalOf(error), ...mode] };
  }
}

function checkMode(apiKey: string, livemode: Config['livemode']): Diagnosis[] {
  const mode = /^(?:sk|rk)_(live|test)_/.exec(apiKey)?.[1];
  if (mode === undefined) return [];
  if (livemode === 'both')
    return [note(`The key is of ${mode} mode, and LIVEMODE is both: what is fetched is of ${mode} mode only.`)];
  if (mode === livemode) return [ok(`The key is of ${mode} mode, as LIVEMODE says.`)];
  return [
    wrong(
      `The key is of ${mode} mode, and LIVEMODE is ${livemode}: what is fetched with it would be ignored.`,
      `Set STRIPE_API_KEY to a key of ${livemode} mode, or LIVEMODE to ${mode}.`,
    ),
  ];
}

/** Stripe's own sentence can repeat parts of the key: only its code is told. */
function refusalOf(error: unknown): Diagnosis {
  const { statusCode, code, type } = error as { statusCode?: number; code?: string; type?: string };
  const told = `(${statusCode ?? 'no answer'} ${code ?? type ?? 'error'})`;
  if (statusCode === 401)
    return wrong(`Stripe does not take the key ${told}.`, 'Copy it again: https://dashboard.stripe.com/apikeys');
  if (statusCode === 403)
    return unknown(
      `The key may not read webhook endpoints ${told}, so they cannot be checked.`,
      'Let the restricted key read "Webhook Endpoints", or look at https://dashboard.stripe.com/webhooks yourself.',
    );
  return wrong(
    `Stripe cannot be asked ${told}.`,
    'Check that this machine reaches api.stripe.com, or what STRIPE_API_BASE names.',
  );
}
