import { randomBytes } from 'node:crypto';
import type { Config } from '../config.js';
import { keptSecret, randomSecret } from '../database/secret-file.js';

export interface Secrets {
  readonly webhookSecrets: readonly string[];
  readonly adminApiKey: string;
  /** What the environment did not say and was made instead, by what a person calls it. */
  readonly generated: Readonly<Record<string, string>>;
}

/** The configured secrets. Beside the embedded database those that are missing are made once and kept in its directory. */
export async function readSecrets(config: Config): Promise<Secrets> {
  const { webhookSecrets = [], adminApiKey = '', database } = config;
  if (database.kind === 'url') return { webhookSecrets, adminApiKey, generated: {} };
  const generated: Record<string, string> = {};
  const given = async (value: string, name: string, made: { label: string; make: () => string }) =>
    value === '' ? (generated[made.label] = await keptSecret(database.dataDir, name, made.make)) : value;
  const key = await given(adminApiKey, 'admin-api-key', { label: 'API key', make: () => `rlk_${randomSecret()}` });
  const secret = await given(webhookSecrets[0] ?? '', 'webhook-secret', {
    label: 'Webhook secret',
    make: webhookSecret,
  });
  return { adminApiKey: key, webhookSecrets: webhookSecrets.length > 0 ? webhookSecrets : [secret], generated };
}

const webhookSecret = () => `whsec_${randomBytes(32).toString('base64url')}`;
