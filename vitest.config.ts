import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const sdk = (file: string) => fileURLToPath(new URL(`./sdk/src/${file}`, import.meta.url));

export default defineConfig({
  oxc: { decorator: { legacy: true } },
  resolve: {
    alias: [
      // Vite would take graphql's ES modules, Node takes its CommonJS: two copies refuse each other's types.
      { find: /^graphql$/, replacement: fileURLToPath(new URL('./node_modules/graphql/index.js', import.meta.url)) },
      { find: /^@renewal-ledger\/sdk\/testing$/, replacement: sdk('testing/index.ts') },
      { find: /^@renewal-ledger\/sdk$/, replacement: sdk('index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'sdk/test/**/*.test.ts'],
    globalSetup: ['./test/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 3,
    // Shared machines stall for seconds: in CI a test that failed is run again, and says so.
    retry: process.env['CI'] === undefined ? 0 : 2,
  },
});
