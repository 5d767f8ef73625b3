import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { idsOf, toNumber } from './events.js';

/** Looks at renewals from outside, until they are what they were awaited to become. */
export interface Watch {
  /** From now on, the time is taken until the invoice's renewal has this state. */
  await(index: number, state: 'LINKED' | 'PAID'): void;
  /** Milliseconds of all that were awaited since the last call, when the last of them is there. */
  seen(): Promise<number[]>;
  close(): Promise<void>;
}

const PATIENCE_MS = 60_000;

/** Asks the database every so many milliseconds, which is how exact the times are. */
export async function openWatch(databaseUrl: string, everyMs: number): Promise<Watch> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  // Looking is to cost as little as it can: it is planned once.
  await client.query('set plan_cache_mode to force_generic_plan; set enable_seqscan to off');
  const awaited = new Map<string, number>();
  let times: number[] = [];
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    while (awaited.size > 0) {
      const invoices = [...awaited.keys()].map((key) => key.split(' ', 1)[0]);
      const { rows } = await client.query<{ key: string }>({ name: 'seen', text: SEEN, values: [invoices] });
      const now = performance.now();
      for (const { key } of rows) {
        const since = awaited.get(key);
        if (since === undefined || !awaited.delete(key)) continue;
        times.push(now - since);
      }
      if ([...awaited.values()].some((since) => now - since > PATIENCE_MS))
        throw new Error('A renewal did not become what its events say.');
      await pause(everyMs);
    }
    looking = undefined;
  }

  return {
    await(index, state) {
      awaited.set(`${idsOf(toNumber(index)).invoice} ${state}`, performance.now());
      looking ??= look();
    },
    async seen() {
      await looking;
      const seen = times;
      times = [];
      return seen;
    },
    close: () => client.end(),
  };
}

/** What is paid has been linked, too. */
const SEEN = `
  select stripe_invoice_id || ' ' || state.name as key
  from renewal join (values ('LINKED'), ('PAID')) state (name) on renewal.state = state.name or renewal.state = 'PAID'
  where stripe_invoice_id = any($1)`;
