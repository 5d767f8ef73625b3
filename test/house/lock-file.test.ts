import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
}

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as unknown;
const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, Locked>> };

test('the lock file has every optional package, also those for other platforms: npm ci refuses it otherwise', () => {
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
  expect(
    wanted.filter((name) => !locked.has(name)),
    'Run: node scripts/complete-lock.js',
  ).toEqual([]);
});

test('every dependency is pinned to one version, but for those that the published SDK asks for', () => {
  type Manifest = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
  const root = read('package.json') as Manifest;
  const sdk = read('sdk/package.json') as Manifest;
  const ranges = [root.dependencies, root.devDependencies, root.optionalDependencies, sdk.devDependencies].flatMap(
    (one) => Object.entries(one ?? {}),
  );
  expect(ranges.filter(([name, range]) => !/^\d+\.\d+\.\d+/.test(range) && name !== '@types/node')).toEqual([]);
});
