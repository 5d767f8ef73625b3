import { beforeAll, describe, expect, test } from 'vitest';
import { type Finding, lintTree } from './lint.js';

const refused: readonly (readonly [what: string, code: string, text: string])[] = [
  [
    'a promise that nobody awaits',
    'typescript(no-floating-promises)',
    `const later = async () => 1;\nexport const now = () => { later(); };`,
  ],
  ['an any', 'typescript(no-explicit-any)', `export const read = (value: any): unknown => value;`],
  ['a line to the console', 'eslint(no-console)', `export const say = () => console.log('here');`],
  ['a look at the environment', 'node(no-process-env)', `export const port = process.env['PORT'];`],
  ['a clock of its own', 'ledger(one-clock)', `export const now = new Date();`],
  ['a clock of its own, in milliseconds', 'ledger(one-clock)', `export const now = Date.now();`],
  [
    'a fourth parameter',
    'eslint(max-params)',
    `export const sum = (a: number, b: number, c: number, d: number) => a + b + c + d;`,
  ],
  ['a 301st line', 'eslint(max-lines)', `${'//\n'.repeat(300)}export const last = 301;`],
];
const seedOf = (what: string) => `src/ledger/${what.replaceAll(' ', '-')}.ts`;

describe('lint', () => {
  let findings: Finding[] = [];
  beforeAll(async () => {
    findings = await lintTree({
      ...Object.fromEntries(refused.map(([what, , text]) => [seedOf(what), text])),
      'src/config.ts': `export const port = process.env['PORT'];`,
      'src/clock.ts': `export const now = () => new Date();`,
      'src/ledger/a.ts': `import { b } from './b.js';\nexport const a = (): number => b();`,
      'src/ledger/b.ts': `import { c } from './c.js';\nexport const b = (): number => c();`,
      'src/ledger/c.ts': `import { a } from './a.js';\nexport const c = (): number => a();`,
    });
  });
  const codesIn = (file: string) => findings.filter((one) => one.filename === file).map((one) => one.code);

  test.each(refused)('refuses %s', (what, code) => {
    expect(codesIn(seedOf(what))).toEqual([code]);
  });

  test.each(['a', 'b', 'c'])('finds a cycle of three files from each of them: %s', (file) => {
    expect(codesIn(`src/ledger/${file}.ts`)).toEqual(['import(no-cycle)']);
  });

  test('lets config.ts read the environment, and clock.ts tell the time', () => {
    expect([...codesIn('src/config.ts'), ...codesIn('src/clock.ts')]).toEqual([]);
  });
});
