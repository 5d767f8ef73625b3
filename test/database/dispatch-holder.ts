import { type AnyEvent, HandlerMap } from '@renewal-ledger/sdk';
import { pino } from 'pino';
import { systemClock } from '../../src/clock.js';
import { connectDatabase } from '../../src/database/orm.js';
import { createDispatcher } from '../../src/events/dispatch.js';
import { openJobs } from '../../src/events/jobs.js';
import { recordFact } from '../../src/handlers/fact-context.js';

// A worker that never finishes what it has begun, says so in one line, and waits to be killed.
const url = process.argv[2] ?? '';
const log = pino({ level: 'silent' });
const jobs = await openJobs({ url, log, works: true });
const orm = await connectDatabase(url, { pool: 4 });

function hold(): Promise<never> {
  process.stdout.write('begun\n');
  return new Promise(() => setInterval(() => undefined, 60_000));
}

const dispatcher = createDispatcher({
  em: orm.em,
  jobs,
  factHandlers: new HandlerMap().on('invoice.paid', (event: AnyEvent, ctx) => recordFact(ctx, event), {
    name: 'Facts.record',
  }),
  handlers: new HandlerMap().on('charge.captured', hold, { name: 'Plugin.run' }),
  async recordFacts(tx, events) {
    for (const { id } of events) await tx.query(`insert into effects values ($1, 'killed')`, [id]);
    return hold();
  },
  raise: () => Promise.resolve(),
  log,
  clock: systemClock,
});
await dispatcher.start();
process.stdout.write('started\n');
