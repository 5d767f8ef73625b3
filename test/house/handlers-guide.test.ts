import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lifeOf } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPlugins } from '../../src/events/plugins.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(root, 'docs/handlers.md'), 'utf8');
const blocks = [...guide.matchAll(/`([\w.]+)\.ts`[^`]*\n\n```ts\n(.*?)^```/gms)].map(([, name = '', code = '']) => ({
  name,
  code,
}));

let folder: string;
let service: TestService;
let sibling: ChildProcess | undefined;

/** Every block of the page, compiled as a reader's compiler does. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renewal-ledger-handlers-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    experimentalDecorators: true,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  for (const { name, code } of blocks) writeFileSync(join(folder, `${name}.ts`), code);
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
  const handlers = await loadPlugins(['./receipts.js', './bookkeeping.js'], folder);
  service = await startService({ handlers, allowPrivateEndpoints: true });
  await service.db.sql('create table acme_payment (invoice text, amount bigint)');
}, 120_000);
afterAll(async () => {
  sibling?.kill('SIGKILL');
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (command: string, args: readonly string[], env: Record<string, string> = {}) =>
  promisify(execFile)(command, [...args], { cwd: folder, timeout: 60_000, env: { ...process.env, ...env } });

async function pay(subscription: string): Promise<string> {
  const life = lifeOf(subscription, { trial: 14, cycles: 1 });
  for (const event of life.events) await service.post(event);
  return life.renewals[0]!.invoice;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('the guide to handlers', () => {
  test('names each block of its code, so that all of them are run here', () => {
    expect(blocks.map(({ name }) => name)).toEqual(['receipts', 'receipts.test', 'bookkeeping', 'service', 'register']);
    expect(guide.match(/^```\w+/gm)).toHaveLength(blocks.length);
  });

  test('has a test that passes', async () => {
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', 'receipts.test.js']);
    expect(stdout).toMatch(/^# pass 1$/m);
  });

  test('has plugins that the ledger runs, with what they write and emit', async () => {
    const invoice = await pay('sub_1Plugged');
    await eventually(async () => {
      const { data } = (await service.graphql(`{ event(id: "acme.receipt_printed:${invoice}") { type } }`)).json;
      expect(data.event).toEqual({ type: 'acme.receipt_printed' });
      expect(await service.db.sql('select invoice from acme_payment')).toContainEqual({ invoice });
    });
  });

  test('has a service that registers itself and takes deliveries', async () => {
    const port = await freePort();
    const env = { LEDGER_URL: service.url, LEDGER_API_KEY: service.apiKey, SERVICE_URL: `http://127.0.0.1:${port}/` };
    const { stdout: secret } = await run(process.execPath, ['register.js'], env);
    let printed = '';
    sibling = spawn(process.execPath, ['service.js'], {
      cwd: folder,
      env: { ...process.env, LEDGER_SECRET: secret.trim(), PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    sibling.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await eventually(() => expect(service.dispatcher?.handlers()).toContain('endpoint:receipts'));
    const invoice = await pay('sub_1Served');
    await eventually(() => expect(printed).toContain(`Receipt for ${invoice}`));
    expect(printed).toContain(`(payment.received:${invoice}:endpoint:receipts:Receipts.print)`);
  });
});
