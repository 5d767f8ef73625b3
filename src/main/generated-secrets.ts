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
  const { adminApiKey, webhookSecrets, database } = config;
  if (database.kind === 'url')
    return { adminApiKey: adminApiKey ?? '', webhookSecrets: webhookSecrets ?? [], generated: {} };
  const kept = (name: string, prefix: string) => keptSecret(database.dataDir, name, () => prefix + randomSecret());
  const key = adminApiKey === undefined ? await kept('admin-api-key', 'rlk_') : undefined;
  const secret = webhookSecrets === undefined ? await kept('webhook-secret', 'whsec_') : undefined;
  return {
    adminApiKey: adminApiKey ?? key ?? '',
    webhookSecrets: webhookSecrets ?? [secret ?? ''],
    generated: { ...(key && { 'API key': key }), ...(secret && { 'Webhook secret': secret }) },
  };
}
