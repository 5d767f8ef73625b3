import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startService, type TestService } from '../support/service.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const walkThrough = readme.split('## A renewal and its invoice')[1]?.split('\n## ')[0] ?? '';
const blocksOf = (language: string) =>
  [...walkThrough.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] ?? '');

const tools = ['bash', 'curl', 'openssl'].filter(
  (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined,
);

let service: TestService;
let directory: string;
beforeAll(async () => {
  service = await startService();
  directory = mkdtempSync(join(tmpdir(), 'renewal-ledger-readme-'));
  mkdirSync(join(directory, '.data'));
  writeFileSync(join(directory, '.data/admin-api-key'), service.apiKey);
  writeFileSync(join(directory, '.data/webhook-secret'), service.secret);
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await service.stop();
});

test.skipIf(tools.length < 3)('a person who pastes the commands of the README sees what it shows', async () => {
  const [create = '', post = '', ask = ''] = blocksOf('sh');
  const [shown = ''] = blocksOf('json');
  await runIn(directory, [create, post]);
  await service.dispatcher?.idle();
  const answer = await runIn(directory, [create.split('\n\n')[0] ?? '', ask]);
  expect(JSON.parse(answer)).toEqual(JSON.parse(shown));
});

async function runIn(cwd: string, blocks: readonly string[]): Promise<string> {
  const script = blocks.join('\n').replaceAll('http://127.0.0.1:4000', service.url);
  const { stdout } = await promisify(execFile)('bash', ['-euc', script], { cwd, timeout: 20_000 });
  return stdout;
}
