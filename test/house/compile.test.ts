import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compile, isCompiled } from '../../scripts/compile.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LONG_AGO = new Date('2001-01-01');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'renewal-ledger-compile-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const kept of ['package.json', 'package-lock.json', 'tsconfig.base.json', 'tsconfig.json', 'sdk/tsconfig.json'])
    cpSync(join(ROOT, kept), join(root, kept));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  write('src/main.ts', 'export const told = 1;\n');
  write('sdk/src/index.ts', 'export const names = [];\n');
});

/** As a copy or a checkout would leave it: with a date from before the last build. */
function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  utimesSync(join(root, path), LONG_AGO, LONG_AGO);
}

const built = (path: string) => readFileSync(join(root, path), 'utf8');
const compileUnchecked = () => compile({ checked: false, root });

describe('npm start compiles', () => {
  it('the first time, and then nothing while nothing changes', () => {
    expect(isCompiled(root)).toBe(false);
    expect(compileUnchecked()).toBe(0);
    expect(isCompiled(root)).toBe(true);
    expect(built('dist/main.js')).toContain('told = 1');
    expect(built('sdk/dist/index.js')).toContain('names');
  });

  it.each(['src/main.ts', 'sdk/src/index.ts'])('%s where it has changed, whatever its date', (path) => {
    compileUnchecked();
    write(path, 'export const changed = 2;\n');
    expect(isCompiled(root)).toBe(false);
    expect(compileUnchecked()).toBe(0);
    expect(isCompiled(root)).toBe(true);
    expect(built(path.replace('src', 'dist').replace('.ts', '.js'))).toContain('changed = 2');
  });

  it('anew what was built and is gone, and a source that was added', () => {
    compileUnchecked();
    rmSync(join(root, 'sdk/dist/index.js'));
    expect(isCompiled(root)).toBe(false);
    compileUnchecked();
    write('src/more.ts', 'export {};\n');
    expect(isCompiled(root)).toBe(false);
  });

  it('not what cannot be parsed, and tries again the next time', () => {
    write('src/main.ts', 'export const = ;\n');
    expect(compileUnchecked()).not.toBe(0);
    expect(isCompiled(root)).toBe(false);
  });

  it('nothing where there are no sources', () => {
    rmSync(join(root, 'src'), { recursive: true });
    expect(isCompiled(root)).toBe(true);
  });
});

it('npm run build looks at the types, also of what npm start compiled', () => {
  write('src/main.ts', `export const told: number = 'one';\n`);
  expect(compileUnchecked()).toBe(0);
  expect(compile({ root })).not.toBe(0);
});
