import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { packAndInstall, type Packed, runBin, writeReadme } from './support/packed.js';

const SLOW = 180_000;
let packed: Packed;

beforeAll(async () => {
  packed = await packAndInstall();
  return () => rm(packed.folder, { recursive: true, force: true });
}, SLOW);

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

  it('is tree-shakeable: who reads invoices only bundles neither the client nor the receiver', async () => {
    const entry = path.join(packed.folder, 'reads.js');
    await writeFile(entry, `export { readInvoice } from '@renewal-ledger/sdk';`);
    const built = await build({
      root: packed.folder,
      configFile: false,
      logLevel: 'error',
      build: { write: false, minify: false, lib: { entry, formats: ['es'], fileName: 'reads' } },
    });
    const [{ output }] = built as unknown as [{ output: { code: string }[] }];
    const code = output.map((chunk) => chunk.code).join('');
    expect(code).toContain('readInvoice');
    expect(code).not.toMatch(/webhook-id|authorization|mutation|HandlerMap/i);
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
