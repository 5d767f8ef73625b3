import { HandlerMap } from '@renewal-ledger/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordFact } from '../../src/handlers/fact-context.js';
import type { TestDatabase } from '../support/database.js';
import { anEvent, deliveriesOf, openDatabase, openPipeline, type Pipeline, stateOf, store } from './dispatch-support.js';

describe('dispatch', () => {
  let db: TestDatabase;
  let pipeline: Pipeline;
  beforeAll(async () => {
    db = await openDatabase();
    const facts = new HandlerMap().on('invoice.*', (event, ctx) => recordFact(ctx, event.data.object), { name: 'Facts.record' });
    const handlers = new HandlerMap().on('invoice.paid', () => undefined, { name: 'Plugin.onPaid' });
    pipeline = await openPipeline(db, { facts, handlers });
  });
  afterAll(async () => {
    await pipeline.stop();
    await db.close();
  });

  it('hands an event to each of its handlers, and calls it handled when all are done', async () => {
    const event = anEvent('invoice.paid');
    await store(pipeline, [event]);
    await pipeline.dispatcher.idle();
    expect(await stateOf(db, event.id)).toBe('HANDLED');
    expect(await deliveriesOf(db, event.id)).toMatchObject({ 'Facts.record': { state: 'DONE', tries: 1 }, 'Plugin.onPaid': { state: 'DONE', tries: 1 } });
  });
});
