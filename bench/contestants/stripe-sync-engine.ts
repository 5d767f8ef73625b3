import { fastify } from 'fastify';
import { eventText } from '../events.js';
import { range } from '../load/posts.js';
import { openSync } from './open-sync.js';
import { setUp } from './set-up.js';

const { databaseUrl, secret } = setUp();
const sync = await openSync(databaseUrl, secret);

/** As many as its pool has connections. */
const SIDE_BY_SIDE = 10;

const app = fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.post('/webhooks', async (request, reply) => {
  await sync.processWebhook(request.body as Buffer, request.headers['stripe-signature'] as string);
  return reply.send({ received: true });
});

// Its writes alone, of events that are parsed and in memory before time is taken.
app.post<{ Querystring: { from: string; pairs: string } }>('/process', async ({ query }) => {
  const indexes = [...range(Number(query.from), Number(query.pairs))];
  const parse = (type: 'invoice.created' | 'invoice.paid') =>
    indexes.map((index) => JSON.parse(eventText(type)(index)) as Parameters<typeof sync.processEvent>[0]);
  const events = [...parse('invoice.created'), ...parse('invoice.paid')].values();
  const start = performance.now();
  const work = async () => {
    for (const event of events) await sync.processEvent(event);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return { seconds: (performance.now() - start) / 1000 };
});
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
