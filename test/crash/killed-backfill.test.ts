import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sendBackfill } from '../../src/backfill/backfill-worker.js';
import { openJobs } from '../../src/events/jobs.js';
import { DUE } from '../support/builders.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { anOldCustomer, openLinkBackfills } from '../support/link-backfills.js';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.sql('create table event_body_partition.test partition of event_body default');
});
afterAll(() => db.close());

/** More than two batches. */
const CUSTOMERS = 900;

async function postOldRecords(): Promise<void> {
  await Promise.all(
    Array.from({ length: CUSTOMERS }, async () => {
      const one = await anOldCustomer(db);
      await one.renewal({ date: DUE });
      await one.stored({ id: `in_${one.subscription}`, serviceStart: DUE });
    }),
  );
}

function startWorker(): ServiceProcess {
  const env = { DATABASE_URL: db.url, STRIPE_WEBHOOK_SECRET: 'whsec_of_the_tests', ADMIN_API_KEY: 'key-of-the-tests' };
  return startServiceProcess({ env, role: 'worker' });
}

async function sendToWorkers(id: string): Promise<void> {
  const jobs = await openJobs({ url: db.url, log: pino({ level: 'silent' }), works: false });
  await sendBackfill(jobs)((text, parameters) => db.sql(text, parameters), id);
  await jobs.close();
}

const readRun = async () =>
  (
    await db.sql<{ state: string; examined: number; linked: number }>('select state, examined, linked from backfill')
  )[0];

it(
  'a worker that is killed in the middle of a backfill leaves it to the next one, which ends it, and each renewal is filled once',
  { timeout: 150_000 },
  async () => {
    await postOldRecords();
    const first = startWorker();
    await first.ready;
    // Somebody holds the last intent: the first batches are committed, and the worker is caught in the middle of another.
    const holder = new Client({ connectionString: db.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from checkout_intent order by id desc limit 1 for no key update');
    await sendToWorkers(await openLinkBackfills(db).begin());
    await eventually(
      async () => {
        expect(await db.sql(`select from pg_locks where not granted and locktype = 'transactionid'`)).toHaveLength(1);
        expect((await readRun())?.examined).toBeGreaterThan(0);
      },
      { withinMs: 45_000 },
    );
    first.kill('SIGKILL');
    await first.ended;
    await holder.query('commit');
    await holder.end();
    expect((await readRun())?.state).toBe('RUNNING');
    const second = startWorker();
    try {
      await eventually(
        async () => expect(await readRun()).toEqual({ state: 'DONE', examined: CUSTOMERS, linked: CUSTOMERS }),
        { withinMs: 75_000 },
      );
    } finally {
      second.kill();
      await second.ended;
    }
    const twice = await db.sql('select renewal_id from renewal_change group by 1 having count(*) > 1');
    expect(twice).toEqual([]);
    const paid = await db.sql(`select from event where type = 'renewal.paid'`);
    expect(paid).toHaveLength(CUSTOMERS);
    expect(await db.sql('select from backfill_record')).toHaveLength(CUSTOMERS);
  },
);
