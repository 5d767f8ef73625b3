#!/usr/bin/env node
// Runs under any Node that knows modules, so that it can say what is wrong with an old one, or go on with a newer one.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
const isOld = major < 22 || (major === 22 && minor < 18);
const newerNode = [at('../node_modules/.bin/node'), at('../../.bin/node')].find((path) => existsSync(path));

if (!existsSync(at('../dist/cli/main.js'))) {
  fail('renewal-ledger is not built yet. Run: npm run build');
} else if (!isOld) {
  module.enableCompileCache(at('../dist/.compile-cache'));
  await import('../dist/cli/main.js');
} else if (newerNode === undefined || process.env.RENEWAL_LEDGER_NODE) {
  fail(
    `renewal-ledger runs on Node 22.18 or newer, and this is ${process.version}. Install a newer Node, or run npm ci without --omit=optional.`,
  );
} else {
  goOnWith(newerNode);
}

function goOnWith(node) {
  const child = spawn(node, [at(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, RENEWAL_LEDGER_NODE: node },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${node} could not be run: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]; // as a shell has it
  });
}

function fail(sentence) {
  console.error(sentence);
  process.exitCode = 1;
}
