import { tooOldNode } from './main/node-version.js';

const tooOld = tooOldNode(process.version);
if (tooOld !== undefined) {
  console.error(tooOld);
  process.exit(1);
}

// Not by a static import: that would load, and an old Node would die of, what it cannot parse before the check above.
const { run } = await import('./main/run.js');
await run(process.argv.slice(2));
