import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One finding, its place relative to the tree that was linted. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly filename: string;
}

/** Lints a throw-away tree of `files` (path to text) with this repository's own configuration and rules. */
export async function lintTree(files: Readonly<Record<string, string>>): Promise<Finding[]> {
  const tree = mkdtempSync(join(tmpdir(), 'renewal-ledger-lint-'));
  try {
    writeFileSync(
      join(tree, 'tsconfig.json'),
      JSON.stringify({ extends: './tsconfig.base.json', include: ['src', 'sdk'] }),
    );
    for (const kept of ['.oxlintrc.json', 'lint', 'tsconfig.base.json'])
      cpSync(join(root, kept), join(tree, kept), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    return await runLint(tree);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function runLint(tree: string): Promise<Finding[]> {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [oxlint, '--format', 'json', '--ignore-pattern', 'node_modules'],
      { cwd: tree, timeout: 30_000, maxBuffer: 64 * 2 ** 20 },
      (error, stdout, stderr) => {
        try {
          resolve((JSON.parse(stdout) as { diagnostics: Finding[] }).diagnostics);
        } catch {
          reject(new Error(`oxlint gave no report: ${stderr || stdout}`, { cause: error }));
        }
      },
    );
  });
}
