import { type Config, readConfig } from '../../config.js';
import { readSecret } from '../../database/secret-file.js';
import { ConfigInvalidError } from '../../errors.js';
import { type Diagnosis, note, ok, unknown, wrong } from './finding.js';

const SHORTEST_KEY = 32;
const WEBHOOK_SECRET = /^whsec_[\w+/=-]{16,}$/;
const STRIPE_KEY = /^(?:sk|rk)_(?:live|test)_\w{8,}$/;

/** The environment as the service would read it. */
export function readSettings(): { readonly config: Config | undefined; readonly diagnoses: Diagnosis[] } {
  try {
    return { config: readConfig(), diagnoses: [ok('Every setting can be used.')] };
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    const advice = 'Set it, in the environment of the service and of this command; the README lists all settings.';
    return { config: undefined, diagnoses: error.problems.map((problem) => wrong(problem, advice)) };
  }
}

/** The shape of secrets: what was pasted half, quoted or into the wrong variable. No value is ever repeated. */
export async function checkSecrets(config: Config | undefined): Promise<Diagnosis[]> {
  if (config === undefined) return [unknown('The settings cannot be read; mend them first.')];
  const findings = [
    ...checkWebhookSecrets(config.webhookSecrets ?? []),
    ...checkAdminKey(config.adminApiKey),
    ...checkStripeKey(config.stripe.apiKey),
  ];
  if (findings.some(({ verdict }) => verdict === 'wrong')) return findings;
  return [...findings, ok(await inWords(config))];
}

async function inWords({ database, adminApiKey, webhookSecrets }: Config): Promise<string> {
  if (database.kind === 'url' || (adminApiKey !== undefined && webhookSecrets !== undefined))
    return 'All secrets have the shape that they should have.';
  const isThere = (await readSecret(database.dataDir, 'webhook-secret')) !== undefined;
  return isThere ? 'Generated ones are used, kept beside the database.' : 'The first start will generate them.';
}

function checkWebhookSecrets(secrets: readonly string[]): Diagnosis[] {
  const copy = 'Copy it again: https://dashboard.stripe.com/webhooks, your endpoint, "Signing secret".';
  const ofPlace = (index: number) =>
    secrets.length === 1 ? 'STRIPE_WEBHOOK_SECRET' : `STRIPE_WEBHOOK_SECRET, number ${index + 1},`;
  const shapes = secrets.flatMap((secret, index) =>
    WEBHOOK_SECRET.test(secret) ? [] : [wrong(`${ofPlace(index)} is no signing secret (whsec_…).`, copy)],
  );
  const twice = new Set(secrets).size < secrets.length;
  return [
    ...shapes,
    ...(twice ? [note('STRIPE_WEBHOOK_SECRET holds one secret twice.', 'Leave one out.')] : []),
    ...(secrets.length > 1 && !twice
      ? [note('Several webhook secrets count.', 'Drop the old one a day after it was rolled.')]
      : []),
  ];
}

function checkAdminKey(key: string | undefined): Diagnosis[] {
  if (key === undefined || key.length >= SHORTEST_KEY) return [];
  return [wrong(`ADMIN_API_KEY is shorter than ${SHORTEST_KEY} characters.`, 'Make a new one: openssl rand -hex 32')];
}

function checkStripeKey(key: string | undefined): Diagnosis[] {
  if (key === undefined || STRIPE_KEY.test(key)) return [];
  const what = key.startsWith('pk_') ? 'is a publishable key' : 'is no secret key (sk_… or rk_…)';
  return [wrong(`STRIPE_API_KEY ${what}.`, 'Take a secret or restricted key: https://dashboard.stripe.com/apikeys')];
}
