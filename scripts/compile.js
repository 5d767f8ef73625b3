import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['src', 'sdk/src'];
const SETTINGS = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json', 'sdk/tsconfig.json'];
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');
/** Says what was compiled. What it was compiled from is hashed rather than dated: copies and checkouts bring old dates along. */
const STAMP = 'dist/.compiled';
const RESULTS = [STAMP, 'dist/main.js', 'sdk/dist/index.js'];

/** Whether what is built is of these very sources. An installation without sources runs what it has. */
export function isCompiled(root = ROOT) {
  if (!existsSync(join(root, 'src'))) return true;
  return RESULTS.every((path) => existsSync(join(root, path))) && read(root, STAMP).toString() === stampOf(root);
}

/**
 * Compiles the SDK and the service, and answers the compiler's exit code. Unchecked, everything is written anew without a look at the
 * types, in a fraction of the time: JavaScript comes out the same, and what cannot be parsed still fails.
 */
export function compile({ checked = true, root = ROOT } = {}) {
  if (!existsSync(COMPILER)) {
    console.error('TypeScript is not installed, and the sources are not built. Run npm ci, without --omit=dev.');
    return 1;
  }
  const stamp = stampOf(root); // a source that changes meanwhile is compiled the next time
  const options = checked ? [] : ['--force', '--noCheck'];
  const { status } = spawnSync(process.execPath, [COMPILER, '-b', ...options], { cwd: root, stdio: 'inherit' });
  if (status !== 0) return status ?? 1;
  writeFileSync(join(root, STAMP), stamp);
  return 0;
}

function stampOf(root) {
  const hash = createHash('sha256');
  for (const path of [...SETTINGS, ...SOURCES.flatMap((folder) => filesIn(root, folder))])
    hash.update(`${path}\n`).update(read(root, path)).update('\0');
  return hash.digest('hex');
}

function filesIn(root, folder) {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((path) => relative(root, path)).toSorted();
}

function read(root, path) {
  return readFileSync(join(root, path));
}
