import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { COMMAND, launch } from './process.js';

/** Runs the command line to its end. */
export async function command(args: readonly string[], env: Readonly<Record<string, string>>) {
  const { exit, output } = launch([...COMMAND, ...args], { env });
  return { code: await exit, ...output };
}

/** A file of this name that is gone at the end of the test. */
export function aFile(name: string, content: string | Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), 'renewal-ledger-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}
