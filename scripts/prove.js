// npm run prove -- --runs 2000 --seed 42: the convergence property, for as long as you like. Without a seed it prints the one it took when it fails.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '500' }, seed: { type: 'string' } } });
const env = { ...process.env, PROVE_RUNS: values.runs, ...(values.seed !== undefined && { PROVE_SEED: values.seed }) };
const { status } = spawnSync('npx', ['vitest', 'run', 'test/property/convergence.test.ts'], { stdio: 'inherit', env });
process.exitCode = status ?? 1;
