import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { directions } from '../../lint/import-directions.js';
import { type Finding, lintTree } from './lint.js';

const parts = Object.keys(directions);
const files = new Set(['main', 'service', 'app', 'config', 'errors', 'log', 'clock']);
const sharedParts = new Set(['errors', 'log', 'clock']);

/** A file of `from` that imports every other part in each way that TypeScript has. None of what it imports is there: the rule goes by place. */
function seedFor(from: string): Record<string, string> {
  const imports = parts.filter((to) => to !== from).map((to) => importsOf(from, to));
  return { [seedOf(from)]: imports.join('\n') };
}

function seedOf(part: string): string {
  return files.has(part) ? `src/${part}.ts` : `src/${part}/deep/seed.ts`;
}

function importsOf(from: string, to: string): string {
  const target = `${files.has(from) ? './' : '../../'}${files.has(to) ? to : `${to}/absent`}.js`;
  return [
    `import { ${to}Value } from '${target}'; export { ${to}Value };`,
    `export type ${to}Type = import('${target}').Type;`,
    `export * as ${to}All from '${target}';`,
    `export const ${to}Later = () => import('${target}');`,
  ].join('\n');
}

const packages = parts.flatMap((part) => (directions[part]!.packages ?? []).map((name) => ({ part, name })));
const packageSeeds = Object.fromEntries(
  packages.map(({ part }) => {
    const imports = packages
      .filter((one) => one.part === part)
      .map(({ name }, index) => `export * as package${index} from '${name}/deep.js';`);
    return [`src/${part}/packages.ts`, imports.join('\n')];
  }),
);
const otherSeeds = {
  'src/stranger/seed.ts': `export { settle } from '../ledger/settle.js';`,
  'src/ledger/shared.ts': `export { inTransaction } from '../database/transaction.js';\nexport { ormOptions } from '../database/orm.js';`,
  'src/ledger/sdk.ts': `export { readInvoice } from '../../sdk/src/index.js';\nexport { On } from '@renewal-ledger/sdk';`,
  'sdk/src/seed.ts': `export { settle } from '../../src/ledger/settle.js';`,
};

const findings: Finding[] = [];
beforeAll(async () => {
  const folders = parts.filter((part) => !files.has(part)).map(seedFor);
  const folderTree = Object.assign({}, ...folders, packageSeeds, otherSeeds) as Record<string, string>;
  const trees = [folderTree, ...[...files].map(seedFor)];
  for (const tree of trees) findings.push(...(await lintTree(tree)));
});

const messagesIn = (file: string) => findings.filter((one) => one.filename === file).map((one) => one.message);

/** What `from` was refused to import, and how often: each seed imports each part in four ways. */
function refusedOf(from: string): Record<string, number> {
  const refused = messagesIn(seedOf(from)).flatMap(
    (message) => message.match(new RegExp(`^${from} must not import (\\w+): `))?.[1] ?? [],
  );
  return Object.fromEntries([...new Set(refused)].map((to) => [to, refused.filter((other) => other === to).length]));
}

function forbiddenTo(from: string): string[] {
  const { may } = directions[from]!;
  if (may === 'everything') return [];
  return parts.filter((to) => to !== from && !may.includes(to) && !sharedParts.has(to));
}

describe('imports point one way', () => {
  test.each(parts)('%s imports what it may, and nothing else in any form of import', (from) => {
    expect(refusedOf(from)).toEqual(Object.fromEntries(forbiddenTo(from).map((to) => [to, 4])));
  });

  test('a refusal says why', () => {
    const messages = findings.map((one) => one.message);
    expect(messages).toContainEqual(
      expect.stringMatching(/^ledger must not import events: the heart knows no HTTP, no GraphQL and no queue/),
    );
  });

  test('every part of src is known to the rule', () => {
    const present = readdirSync(new URL('../../src', import.meta.url)).map((name) => name.replace(/\.ts$/, ''));
    expect(present.filter((part) => !parts.includes(part))).toEqual([]);
  });

  test('a part that the rule does not know is refused', () => {
    expect(messagesIn('src/stranger/seed.ts')).toEqual([
      expect.stringContaining('stranger is not in lint/import-directions.js'),
    ]);
  });

  test('the transaction is shared, the rest of database is not', () => {
    expect(messagesIn('src/ledger/shared.ts')).toEqual([expect.stringMatching(/^ledger must not import database: /)]);
  });

  test('the service imports the SDK by its name, and the SDK nothing of the service', () => {
    expect(messagesIn('src/ledger/sdk.ts')).toEqual([
      'Import the SDK by its name, @renewal-ledger/sdk, as its other users do.',
    ]);
    expect(messagesIn('sdk/src/seed.ts')).toEqual(['sdk imports nothing of the service: it is published on its own.']);
  });

  test.each(packages)('$part must not import the package $name', ({ part, name }) => {
    expect(messagesIn(`src/${part}/packages.ts`)).toContain(
      `${part} must not import ${name}: ${directions[part]!.because}.`,
    );
  });
});
