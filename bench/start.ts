import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const lock = path('package-lock.json');
const installed = path('node_modules/.package-lock.json');

// What is measured beside the service is installed by whoever runs the bench, and by nobody else.
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: path('.'), stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
await import('./main.js');
