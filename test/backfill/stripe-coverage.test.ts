import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { listedEvent, startStripeBackfills, type StripeBackfills } from '../support/stripe-backfills.js';

let all: StripeBackfills;
beforeAll(async () => {
  all = await startStripeBackfills({ syncEveryMinutes: 1440 });
});
afterAll(() => all.stop());
beforeEach(async () => {
  await all.clear();
  all.stripe.events = [5, 4, 3, 2, 1].map((number) => listedEvent(number));
});

const DAY_MS = 86_400_000;
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();
const near = (text: string | null | undefined, milliseconds: number) =>
  expect(Math.abs(Date.parse(text ?? '') - (Date.now() - milliseconds))).toBeLessThan(60_000);

describe('overview', () => {
  it('says nothing of completeness before there was a sync', async () => {
    expect(await all.overview()).toEqual({ completeUntil: null, gaps: [] });
  });

  it('says until when all is stored, once all was walked through', async () => {
    await all.backfill();
    const { completeUntil, gaps } = await all.overview();
    near(completeUntil, 0);
    expect(gaps).toEqual([]);
  });

  it('makes nothing of a run that left events out, or stored none', async () => {
    await all.backfill({ eventTypes: ['invoice.paid'] });
    await all.backfill({ deliverySuccess: false });
    await all.backfill({ dryRun: true });
    expect(await all.overview()).toEqual({ completeUntil: null, gaps: [] });
  });

  it('tells a gap, with its bounds, where a walk broke off, until another one has closed it', async () => {
    const since = ago(3 * DAY_MS);
    await all.backfill({ since });
    const { completeUntil } = await all.overview();
    await all.service.db.sql("update event_span set covered_until = now() - interval '2 hours'");
    const { completeUntil: before } = await all.overview();
    all.stripe.afterPage = () => {
      if (all.stripe.queries.at(-1)?.get('type') === 'invoice.*') all.stripe.fail(403);
    };
    expect(await all.backfill()).toMatchObject({ state: 'FAILED' });
    const broken = await all.overview();
    const reached = new Date(((all.stripe.events[1]?.created ?? 0) + 1) * 1000).toISOString();
    expect(broken.completeUntil).toBeNull(); // it asked for 30 days, of which only three had been walked through
    expect(broken.gaps[1]).toEqual({ from: before, to: reached });
    all.stripe.afterPage = () => undefined;
    all.stripe.fail();
    await all.backfill();
    const mended = await all.overview();
    expect(mended.gaps).toEqual([]);
    expect(Date.parse(mended.completeUntil ?? '')).toBeGreaterThanOrEqual(Date.parse(completeUntil ?? ''));
  });

  it('tells a gap of the time that Stripe keeps no more', async () => {
    const since = ago(45 * DAY_MS);
    await all.backfill({ since });
    const { completeUntil, gaps } = await all.overview();
    near(completeUntil, 0);
    expect(gaps).toHaveLength(1);
    expect(gaps[0]?.from).toBe(since);
    near(gaps[0]?.to, 30 * DAY_MS);
  });

  it('tells of a run that was canceled as of one that broke off', async () => {
    all.stripe.fail(...Array.from({ length: 40 }, () => 500));
    const id = await all.start();
    await eventually(() => expect(all.stripe.queries.length).toBeGreaterThan(0));
    await all.service.graphql('mutation ($id: ID!) { cancelBackfill(id: $id) { id } }', { id });
    const { completeUntil, gaps } = await all.overview();
    expect(completeUntil).toBeNull();
    expect(gaps).toHaveLength(1);
    near(gaps[0]?.to, 0);
  });
});

describe('the schedule', () => {
  const sync = () => all.service.jobs.boss.send('schedule.sync', {});
  const runs = () =>
    all.service.db.sql<{ state: string; since: Date | null; stored: number }>(
      "select state, since, stored from backfill where started_by = 'schedule' order by id",
    );
  const done = () => eventually(async () => expect((await runs()).at(-1)?.state).toBe('DONE'), { withinMs: 20_000 });

  it('walks through all that Stripe has at first, and then from where all is stored, with some overlap', async () => {
    await sync();
    await done();
    expect(await runs()).toEqual([{ state: 'DONE', since: null, stored: 5 }]);
    const { completeUntil } = await all.overview();
    all.stripe.events.unshift(listedEvent(6, { agoSeconds: 0 }));
    await sync();
    await eventually(async () => expect(await runs()).toHaveLength(2));
    await done();
    const [, second] = await runs();
    expect(second).toMatchObject({ stored: 1 });
    expect(second?.since?.getTime()).toBe(Date.parse(completeUntil ?? '') - 10 * 60_000);
  });

  it('forgets its runs that found nothing, when the next one begins', async () => {
    all.stripe.events = [];
    await sync();
    await done();
    const [first] = await all.service.db.sql<{ id: string }>('select id from backfill');
    await sync();
    await eventually(async () => {
      const [only, ...others] = await all.service.db.sql<{ id: string }>('select id from backfill');
      expect(others).toEqual([]);
      expect(only?.id).not.toBe(first?.id);
    });
    await done();
  });
});
