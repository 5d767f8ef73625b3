import { createWriteStream, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { exportAll } from '../transfer/export.js';
import { interruptible } from './interrupt.js';
import { type Json, JSON_OPTION, UsageError } from './options.js';
import { createOutput } from './output.js';
import { createProgress } from './progress.js';
import { withDatabase } from './with-database.js';

const EXAMPLES = `
Examples:
  renewal-ledger export ledger.ndjson.gz
  renewal-ledger export --without-events | jq -c 'select(.kind == "renewal")'

One JSON object a line: checkout intents, renewals, and Stripe's events with their bodies, all of one moment. It holds
personal data. Events whose body is erased are counted and left out. What is derived (facts, states, links' reasons) is
left out, and so are history and API keys: to move a whole database, use pg_dump.`;

type Options = Json & Readonly<{ events: boolean }>;

export function addExport(program: Command): void {
  program
    .command('export')
    .description('write everything that import takes')
    .argument('[file]', 'gzipped where it ends in .gz; left out: standard output')
    .option('--without-events', 'only checkout intents and renewals')
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES)
    .action((file: string | undefined, options: Json & { withoutEvents?: boolean }) =>
      run(file, { ...options, events: options.withoutEvents !== true }),
    );
}

async function run(file: string | undefined, { json = false, events }: Options): Promise<void> {
  const meter = createProgress({ json }).open('Exporting');
  const target = file === undefined ? toStandardOutput() : toFile(file);
  try {
    const counts = await interruptible(
      () => 'Interrupted. Nothing was left behind; run the export again.',
      (signal) =>
        withDatabase((orm) =>
          exportAll(orm.em, {
            withEvents: events,
            write: target.write,
            onWritten: (done, total) => meter.at(done, total),
            signal,
          }),
        ),
    );
    await target.close();
    meter.stop();
    const { checkoutIntents, renewals, erased } = counts;
    const told = `Exported ${checkoutIntents} checkout intents, ${renewals} renewals and ${counts.events} events; ${erased} events are without a body and left out.`;
    const output = createOutput({ json: json && file !== undefined });
    if (file === undefined) output.remark(told);
    else output.result(told, { file, ...counts });
  } catch (error) {
    meter.stop();
    await target.abandon();
    throw error;
  }
}

interface Target {
  write(lines: string): Promise<void>;
  close(): Promise<void>;
  /** Leaves nothing behind that could be taken for a whole export. */
  abandon(): Promise<void>;
}

function toStandardOutput(): Target {
  return {
    write: (lines) => writeTo(process.stdout, lines),
    close: async () => undefined,
    abandon: async () => undefined,
  };
}

/** Beside the file until it is whole, and readable by its owner only. */
function toFile(file: string): Target {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new UsageError(`${file} is a directory; name a file in it.`);
  const part = `${file}.part`;
  const bytes = createWriteStream(part, { mode: 0o600 });
  const gzip = file.endsWith('.gz') ? createGzip() : undefined;
  gzip?.pipe(bytes);
  const done = finished(bytes);
  done.catch(() => undefined); // told by whoever writes or closes
  return {
    write: (lines) => Promise.race([writeTo(gzip ?? bytes, lines), done]),
    async close() {
      (gzip ?? bytes).end();
      await done;
      await rename(part, file);
    },
    async abandon() {
      bytes.destroy();
      await rm(part, { force: true });
    },
  };
}

/** Waits while the reader is slower. */
async function writeTo(stream: Writable, lines: string): Promise<void> {
  if (!stream.write(lines)) await once(stream, 'drain');
}
