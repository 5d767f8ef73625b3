import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { anInvoice, aStripeEvent, aSubscription } from '@renewal-ledger/sdk/testing';
import { publint } from 'publint';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aDelivery, SECRET } from './support/delivery.js';
import {
  packAndInstall,
  type Packed,
  runBin,
  type RunningConsumer,
  startConsumer,
  writeReadme,
} from './support/packed.js';

const SLOW = 180_000;
let packed: Packed;
let running: RunningConsumer | undefined;

beforeAll(async () => {
  packed = await packAndInstall();
  return () => rm(packed.folder, { recursive: true, force: true });
}, SLOW);

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

const installed = () => path.join(packed.folder, 'node_modules/@renewal-ledger/sdk');

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

describe('the packed package', () => {
  it('has less than 30 KB without its types, and nothing but what its users need', async () => {
    const files = await filesOf(installed());
    const code = await Promise.all(files.filter((file) => !file.endsWith('.d.ts')).map((file) => readFile(file)));
    expect(gzipSync(Buffer.concat(code)).length).toBeLessThan(30_000);
    expect(
      files.filter((file) => !/(?:\.js|\.d\.ts|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(file)),
    ).toEqual([]);
  });

  it('is what publint expects of a package', async () => {
    const { messages } = await publint({ pkgDir: installed(), pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  it(
    'has types that are right wherever ES modules are',
    async () => {
      expect(await runBin('attw', [packed.tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'])).toMatch(
        /^node16 \(from ESM\): OK/m,
      ); // anything else ends it with an error
    },
    SLOW,
  );

  it.each(['api-extractor.json', 'api-extractor.testing.json'])(
    'has the API that its report says (npm run api writes it anew): %s',
    async (config) => {
      expect(await runBin('api-extractor', ['run', '--config', config])).toContain('completed successfully');
    },
    SLOW,
  );
});

const delivered = async (event: object, key = 'evt_1:endpoint:x') => {
  const response = await fetch(running!.url, { method: 'POST', ...aDelivery({ event, key }) });
  return { status: response.status, body: await response.json() };
};
const told = async () => (await fetch(running!.url)).json();
const paid = aStripeEvent('invoice.paid', anInvoice({ id: 'in_1', total: 500 }));

describe.each(['legacy', 'standard'])('a consumer with %s decorators', (kind) => {
  it(
    'compiles where it should and nowhere else, and its handlers run',
    async () => {
      await runBin('tsc', ['-p', path.join(packed.folder, kind)]);
      running = await startConsumer(path.join(packed.folder, kind, 'dist/main.js'), SECRET);
      const emitted = [{ type: 'acme.receipt_sent', key: 'in_1', payload: { invoice: 'in_1', total: 500 } }];
      expect(await delivered(paid)).toEqual({
        status: 200,
        body: { done: ['Receipts.onPaid', 'Receipts.onAny'], emitted },
      });
      expect(await delivered(paid)).toMatchObject({ status: 200 });
      expect(await delivered(aStripeEvent('invoice.voided', anInvoice({ id: 'in_2' })))).toMatchObject({
        status: 202,
        body: { waitFor: 'invoice:in_2' },
      });
      expect(await delivered(aStripeEvent('customer.subscription.deleted', aSubscription()))).toMatchObject({
        status: 503,
      });
      const any = ['any invoice.paid', 'any invoice.paid', 'any invoice.voided', 'any customer.subscription.deleted'];
      expect(await told()).toEqual(expect.arrayContaining(['receipt for in_1 of 500', ...any]));
      expect(await told()).toHaveLength(5);
    },
    SLOW,
  );
});

describe('a consumer in plain JavaScript', () => {
  it('runs its handlers', async () => {
    running = await startConsumer(path.join(packed.folder, 'javascript/main.js'), SECRET);
    expect(await delivered(paid)).toMatchObject({ status: 200, body: { done: ['invoice.paid'] } });
    expect(await told()).toEqual(['receipt for in_1 of 500']);
  });
});

describe('the README', () => {
  it(
    'compiles block by block, and its test passes',
    async () => {
      const blocks = await writeReadme(packed.folder);
      expect(blocks).toEqual(['receipts', 'block-2', 'block-3', 'block-4', 'block-5', 'block-6']);
      await runBin('tsc', ['-p', path.join(packed.folder, 'readme')]);
      await expect(runBin('node', [path.join(packed.folder, 'readme/dist/block-3.js')])).resolves.toBe('');
    },
    SLOW,
  );
});
