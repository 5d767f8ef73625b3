import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const SDK = fileURLToPath(new URL('../../', import.meta.url));
const MODULES = path.join(SDK, '../node_modules');

/** Runs a program of the workspace; throws with its output where it fails. */
export async function runBin(name: string, args: readonly string[], cwd = SDK): Promise<string> {
  const { stdout } = await run(path.join(MODULES, '.bin', name), args, { cwd, timeout: 150_000 }).catch(
    (error: Error) => {
      const { stdout: said } = error as Error & { stdout: string };
      throw new Error(`${name} failed:\n${said}`, { cause: error });
    },
  );
  return stdout;
}

export interface Packed {
  readonly tarball: string;
  /** Where the tarball is installed, beside the consumers. */
  readonly folder: string;
}

/** Builds and packs the package, and installs the tarball next to copies of the consumers. Needs no network: peers come from here. */
export async function packAndInstall(): Promise<Packed> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sdk-consumers-'));
  const filename = await pack(folder);
  await cp(path.join(SDK, 'consumers'), folder, { recursive: true });
  const ours = (name: string) => `file:${path.join(MODULES, name)}`;
  const manifest = {
    private: true,
    type: 'module',
    dependencies: {
      '@renewal-ledger/sdk': `file:./${filename}`,
      ...Object.fromEntries(['stripe', '@types/node', 'fastify'].map((name) => [name, ours(name)])),
    },
    overrides: { standardwebhooks: ours('standardwebhooks') },
  };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
  // Without scripts: a package that is taken from a folder would build itself there, by whatever tsconfig.json lies above it.
  await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
  });
  return { tarball: path.join(folder, filename), folder };
}

/** From a copy of the sources: packing builds anew, and others are reading what is built here. */
async function pack(folder: string): Promise<string> {
  const source = path.join(folder, 'packing');
  await cp(SDK, path.join(source, 'sdk'), { recursive: true, filter: (file) => !/\/(dist|node_modules)$/.test(file) });
  await cp(path.join(SDK, '../tsconfig.base.json'), path.join(source, 'tsconfig.base.json'));
  await symlink(MODULES, path.join(source, 'node_modules'));
  const { stdout } = await run('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', folder], {
    cwd: path.join(source, 'sdk'),
  });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
  return filename;
}

export interface RunningConsumer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a consumer's program, which prints the port that it listens on. */
export async function startConsumer(program: string, args: readonly string[]): Promise<RunningConsumer> {
  const child: ChildProcess = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    exited.then(([code]) => [`exited with ${String(code)}`]),
  ])) as [string];
  const port = /^listening on (\d+)$/.exec(line)?.[1];
  if (port === undefined) throw new Error(`${program} ${line}`);
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { url: `http://127.0.0.1:${port}/`, stop };
}

/** The TypeScript of the README, each block a module; one is named where the text before it says so: (`name.ts`). */
export async function writeReadme(folder: string): Promise<string[]> {
  const readme = await readFile(path.join(SDK, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/(?:\(`([\w-]+)\.ts`\):\n\n)?```ts\n(.*?)```/gs)];
  const names = blocks.map(([, name], index) => name ?? `block-${index + 1}`);
  await mkdir(path.join(folder, 'readme'));
  for (const [index, block] of blocks.entries())
    await writeFile(path.join(folder, 'readme', `${names[index]}.ts`), block[2]!);
  const config = JSON.parse(await readFile(path.join(folder, 'legacy/tsconfig.json'), 'utf8')) as {
    compilerOptions: object;
  };
  const compilerOptions = { ...config.compilerOptions, rootDir: '.' };
  await writeFile(path.join(folder, 'readme/tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }));
  return names;
}
