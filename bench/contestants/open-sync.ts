import { createRequire } from 'node:module';
import type * as Engine from '@supabase/stripe-sync-engine';

/** Its CommonJS build: the other one's `runMigrations` fails at `__dirname`, tells only its logger, and goes on without tables. */
const { runMigrations, StripeSync } = createRequire(import.meta.url)('@supabase/stripe-sync-engine') as typeof Engine;

/** It throws nothing: without a logger nobody would learn why tables are missing. */
const tellErrors = { info: () => undefined, error: (error: unknown) => console.error(error) } as unknown as NonNullable<
  Parameters<typeof runMigrations>[0]['logger']
>;

/** The engine over its migrated tables, as its README sets it up. It asks Stripe for nothing: every write is made from the payload. */
export async function openSync(databaseUrl: string, stripeWebhookSecret: string): Promise<Engine.StripeSync> {
  await runMigrations({ databaseUrl, schema: 'stripe', logger: tellErrors });
  return new StripeSync({
    poolConfig: { connectionString: databaseUrl, max: 10 },
    stripeSecretKey: 'sk_test_of_the_bench',
    stripeWebhookSecret,
    autoExpandLists: false,
    backfillRelatedEntities: false,
  });
}
