import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { signature } from '../support/signature.js';
import { startService } from '../support/service.js';

const JOBS_OF_EVENTS = `select from pgboss.job where name = 'event'`;

test('a post that an open connection brings while the service stops is stored and answered like any other', async () => {
  const service = await startService();
  const aPost = (id: string) => {
    const body = JSON.stringify({ id, type: 'plan.created' });
    const signed = signature(body, { secret: service.secret });
    return `POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nStripe-Signature: ${signed}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  const ended = once(socket, 'close');
  let answers = '';
  socket.on('data', (chunk) => (answers += chunk.toString()));
  socket.write(aPost('evt_begun').slice(0, -1));
  await once(service.app.server, 'request');

  const stopped = service.stop();
  await eventually(() => expect(service.app.server.listening).toBe(false));
  socket.write(aPost('evt_begun').slice(-1) + aPost('evt_behind'));
  await Promise.all([ended, stopped]);
  expect(answers.match(/HTTP\/1\.1 \d+|\{.*?\}/g)).toEqual([
    'HTTP/1.1 200',
    '{"received":true,"duplicate":false}',
    'HTTP/1.1 200',
    '{"received":true,"duplicate":false}',
  ]);
});

test('a connection that is kept open after an answer of its last moments holds up no stop', async () => {
  const service = await startService();
  const agent = new Agent({ keepAlive: true });
  const post = request(`${service.url}/webhooks/stripe`, { method: 'POST', agent });
  post.write('{');
  await once(service.app.server, 'request');
  const start = performance.now();
  const stopped = service.stop();
  await eventually(() => expect(service.app.server.listening).toBe(false));
  post.end('}');
  const [answer] = (await once(post, 'response')) as [IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBe(400);
  await stopped;
  expect(performance.now() - start).toBeLessThan(4_000);
  agent.destroy();
});

test('a connection on which nothing is sent holds up no stop for long', async () => {
  const service = await startService();
  const connected = once(service.app.server, 'connection');
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  await connected;
  const start = performance.now();
  await service.stop();
  expect(performance.now() - start).toBeLessThan(5_000);
  socket.destroy();
});

test('a post that waits for handlers when the service stops is answered before that is gone', async () => {
  const service = await startService({ ack: 'handled', role: 'web' });
  const answer = service.post({ id: 'evt_waits', type: 'invoice.paid' });
  await eventually(async () => expect(await service.db.sql(JOBS_OF_EVENTS), 'stored').toHaveLength(1));
  const start = performance.now();
  const stopped = service.stop();
  expect(await answer).toMatchObject({ status: 503, json: { error: { code: 'NOT_HANDLED' } } });
  await stopped;
  expect(performance.now() - start).toBeLessThan(6_000);
});
