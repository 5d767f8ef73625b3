import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { COMMAND, launch } from '../support/process.js';

vi.setConfig({ testTimeout: 120_000 });

it('renewal-ledger simulate that is interrupted says what stays, and how to go on', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  await once(silent, 'listening');
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const secrets = ['--api-key', 'rlk_of_nobody', '--webhook-secret', 'whsec_b2Ygbm9ib2R5'];
  const playing = launch([...COMMAND, 'simulate', '--url', url, '--seed', '42', ...secrets]);
  await once(silent, 'request');
  playing.signalGroup('SIGINT');
  expect(await playing.exit).toBe(130);
  expect(playing.output.stderr).toContain('--seed 42 goes on from there');
});
