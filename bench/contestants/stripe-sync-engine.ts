import { fastify } from 'fastify';
import { openSync } from './open-sync.js';
import { setUp } from './set-up.js';

const { databaseUrl, secret } = setUp();
const sync = await openSync(databaseUrl, secret);

const app = fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.post('/webhooks', async (request, reply) => {
  await sync.processWebhook(request.body as Buffer, request.headers['stripe-signature'] as string);
  return reply.send({ received: true });
});
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
