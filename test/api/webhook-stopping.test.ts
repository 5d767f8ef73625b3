import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { signature } from '../support/signature.js';
import { startService } from '../support/service.js';

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
