import { HandlerMap } from '@renewal-ledger/sdk';
import { type LifeEvent, lifeOf } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  const plugin = new HandlerMap().on(
    'invoice.*',
    (event, ctx) => ctx.write(async (em) => void (await em.execute(`insert into effects values ('${event.id}')`))),
    { name: 'Plugin.write' },
  );
  service = await startService({ handlers: plugin });
  await service.db.sql('create table effects (event_id text not null)');
});
afterAll(() => service.stop());

const endEveryConnection = () =>
  service.db.sql(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );

/** As Stripe does it: what was not acknowledged is posted again. Answers what was answered before. */
async function postUntilAcknowledged(event: LifeEvent): Promise<number[]> {
  const refusals: number[] = [];
  return eventually(async () => {
    const { status } = await service.post(event);
    if (status !== 200) refusals.push(status);
    expect(status).toBe(200);
    return refusals;
  });
}

describe('Never', () => {
  it(
    'an acknowledged event lost, though the database ends every connection again and again',
    { timeout: 120_000 },
    async () => {
      const lives = Array.from({ length: 30 }, (_none, index) => lifeOf(`sub_${index}`, { cycles: 1 }));
      const refusals: number[] = [];
      for (const { events } of lives) {
        const posts = events.map(postUntilAcknowledged);
        await endEveryConnection();
        refusals.push(...(await Promise.all(posts)).flat());
      }
      expect(refusals.filter((status) => status !== 503)).toEqual([]);

      const posted = new Map(lives.flatMap(({ events }) => events).map((event) => [event.id, JSON.stringify(event)]));
      const stored = await service.db.sql<{ id: string; body: Buffer }>(
        `select e.id, b.body from event e join event_body b on b.event_id = e.id where e.source = 'STRIPE'`,
      );
      expect(new Map(stored.map(({ id, body }) => [id, body.toString()]))).toEqual(posted);
      await eventually(
        async () =>
          expect(await service.db.sql(`select id, state from event where state not in ('HANDLED', 'IGNORED')`)).toEqual(
            [],
          ),
        { withinMs: 90_000 },
      );
      const written = await service.db.sql<{ event_id: string }>('select event_id from effects order by 1');
      const invoices = lives.flatMap(({ events }) => events).filter(({ type }) => type.startsWith('invoice.'));
      expect(written.map(({ event_id: id }) => id)).toEqual(invoices.map(({ id }) => id).toSorted());
    },
  );
});
