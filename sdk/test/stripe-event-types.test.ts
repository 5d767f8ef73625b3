import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { HandlerMap } from '@renewal-ledger/sdk';

/** The types that the installed package declares, in its own order of text. */
function declaredTypes(): string[] {
  const entry = createRequire(import.meta.url).resolve('stripe');
  const declarations = readFileSync(new URL('./resources/Events.d.ts', `file://${entry}`), 'utf8');
  return [...declarations.matchAll(/^ {4}type: '([a-z0-9_.]+)';$/gm)].map((match) => match[1]!).toSorted();
}

describe('the list of Stripe event types', () => {
  it('is the one that the installed stripe declares; run vitest with -u to write it anew', async () => {
    const lines = declaredTypes().map((type) => `  '${type}',\n`);
    const source = `/** Every event type of stripe 23, for settings that know no prefixes. A test compares it with the types of the installed package. */\nexport const STRIPE_EVENT_TYPES: readonly string[] = [\n${lines.join('')}];\n`;
    expect(lines.length).toBeGreaterThan(250);
    await expect(source).toMatchFileSnapshot('../src/stripe-event-types.ts');
  });

  it('writes out a family for the settings of an endpoint', () => {
    const types = new HandlerMap().on('customer.subscription.*', async () => {}, { name: 'all' }).eventTypes();
    expect(types).toContain('customer.subscription.pending_update_applied');
    expect(types.every((type) => type.startsWith('customer.subscription.'))).toBe(true);
  });
});
