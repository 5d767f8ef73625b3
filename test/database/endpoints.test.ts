import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createEndpointRegistry, type EndpointRegistry } from '../../src/events/endpoints/endpoint-registry.js';
import { createEndpointSource } from '../../src/events/endpoints/endpoint-source.js';
import type { EndpointPost } from '../../src/events/endpoints/endpoint-client.js';
import type { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import {
  age,
  anEvent,
  deliveriesOf,
  openDatabase,
  openPipeline,
  type Pipeline,
  stateOf,
  store,
} from './dispatch-support.js';

let db: TestDatabase;
let registry: EndpointRegistry;
const pipelines: Pipeline[] = [];
let posts: EndpointPost[];
let status: number;

beforeAll(async () => {
  db = await openDatabase();
  registry = createEndpointRegistry({ em: () => db.em(), clock: systemClock, allowPrivate: true });
});
afterEach(async () => {
  for (const pipeline of pipelines.splice(0)) await pipeline.stop();
  await db.sql('delete from handler_endpoint');
});
afterAll(() => db.close());

/** A process whose endpoints answer by `status`. */
async function openProcess(): Promise<Pipeline> {
  posts = [];
  status = 200;
  const client = {
    post: async (post: EndpointPost) => {
      posts.push(post);
      return { status, headers: {}, body: undefined };
    },
  };
  const endpoints = createEndpointSource({ em: db.em(), client, clock: systemClock });
  const pipeline = await openPipeline(db, { endpoints });
  pipelines.push(pipeline);
  return pipeline;
}

async function register(eventTypes: string[]) {
  const { endpoint } = await registry.register({ name: 'receipts', url: 'http://receipts.test/', eventTypes });
  await eventually(() => {
    for (const { dispatcher } of pipelines) expect(dispatcher.handlers()).toContain('endpoint:receipts');
  });
  return endpoint;
}

async function take(pipeline: Pipeline, type: string): Promise<string> {
  const event = anEvent(type);
  await store(pipeline, [event]);
  await pipeline.dispatcher.idle();
  return event.id;
}

const deliveryOf = async (id: string) => (await deliveriesOf(db, id))['endpoint:receipts'];
const workersHaveRunFor = (interval: string) =>
  db.sql(`update pgboss.instance set started_on = started_on - $1::interval`, [interval]);

describe('an endpoint', () => {
  it('is taken up by every process that works, and called once for an event', async () => {
    const one = await openProcess();
    await openProcess();
    await register(['charge.*']);
    const id = await take(one, 'charge.succeeded');
    expect(await stateOf(db, id)).toBe('HANDLED');
    expect(posts.map(({ headers }) => headers['webhook-id'])).toEqual([`${id}:endpoint:receipts`]);
  });

  it('takes a type by its pattern, once where two cover it, and no other type', async () => {
    const pipeline = await openProcess();
    await register(['charge.*', 'charge.succeeded']);
    const [taken, other] = [await take(pipeline, 'charge.succeeded'), await take(pipeline, 'charges.succeeded')];
    expect(await deliveryOf(taken)).toMatchObject({ state: 'DONE' });
    expect(await stateOf(db, other)).toBe('IGNORED');
    expect(posts).toHaveLength(1);
  });

  it('is sent to its new address, with the try under way too', async () => {
    const pipeline = await openProcess();
    const { id } = await register(['charge.succeeded']);
    status = 500;
    const event = await take(pipeline, 'charge.succeeded');
    await registry.update({ id, url: 'http://moved.test/' });
    status = 200;
    await eventually(async () => expect(await deliveryOf(event)).toMatchObject({ state: 'DONE' }));
    expect([posts[0]?.url, posts.at(-1)?.url]).toEqual(['http://receipts.test/', 'http://moved.test/']);
  });

  it('takes the types that it is updated to', async () => {
    const pipeline = await openProcess();
    const { id } = await register(['charge.succeeded']);
    await registry.update({ id, eventTypes: ['charge.failed'] });
    await eventually(async () => {
      const event = await take(pipeline, 'charge.failed');
      expect(await deliveryOf(event)).toMatchObject({ state: 'DONE' });
    });
    expect(await deliveryOf(await take(pipeline, 'charge.succeeded'))).toBeUndefined();
  });
});

describe('an unfinished delivery of an endpoint', () => {
  async function unfinished(pipeline: Pipeline): Promise<string> {
    status = 422;
    const event = await take(pipeline, 'charge.succeeded');
    await db.sql(`update delivery set state = 'RETRYING', next_try_at = now() + interval '1 day' where event_id = $1`, [
      event,
    ]);
    await age(db, [event], '61 minutes');
    await workersHaveRunFor('2 hours');
    return event;
  }
  const isTakenAway = (pipeline: Pipeline) =>
    eventually(() => expect(pipeline.dispatcher.handlers()).not.toContain('endpoint:receipts'));

  it('is kept while the endpoint is disabled, however long', async () => {
    const pipeline = await openProcess();
    const { id } = await register(['charge.succeeded']);
    const event = await unfinished(pipeline);
    await registry.update({ id, enabled: false });
    await isTakenAway(pipeline);
    await db.sql(`update pgboss.instance set workers = '[]'`);
    await pipeline.dispatcher.sweep();
    expect(await deliveryOf(event)).toMatchObject({ state: 'RETRYING' });
  });

  it('is SKIPPED an hour after the endpoint was removed', async () => {
    const pipeline = await openProcess();
    const { id } = await register(['charge.succeeded']);
    const event = await unfinished(pipeline);
    await registry.remove(id);
    await isTakenAway(pipeline);
    await eventually(async () => {
      await db.sql(`update pgboss.instance set workers = '[]'`);
      await pipeline.dispatcher.sweep();
      expect(await deliveryOf(event)).toMatchObject({ state: 'SKIPPED' });
    });
  });
});

describe('the secret of an endpoint', () => {
  it('is kept by both of two rotations at once: the one that lost is the former secret of the other', async () => {
    const { endpoint } = await registry.register({ name: 'twice', url: 'http://twice.test/', eventTypes: ['*'] });
    const made = await Promise.all([registry.rotateSecret(endpoint.id), registry.rotateSecret(endpoint.id)]);
    const [row] = await db.sql<{ secret: string; previous_secret: string }>('select * from handler_endpoint');
    expect(new Set([row?.secret, row?.previous_secret])).toEqual(new Set(made.map(({ secret }) => secret)));
  });
});
