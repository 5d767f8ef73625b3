import { createRequire } from 'node:module';

// Loaded before the service: ends the process, as kill -9 does, at the point that is named to it, such as "before claim" or "after call".

type Parameters = readonly unknown[];

/** What tells the transaction, or the statement that stands alone, by a statement of it. */
const STATEMENTS: Readonly<Record<string, (text: string, parameters: Parameters) => boolean>> = {
  store: (text) => text.includes("select 'STRIPE', "),
  'delivery rows': (text) => text.includes('insert into delivery'),
  'delivery claim': (text) => /update delivery d\s+set tries/.test(text),
  claim: (text, parameters) =>
    text.includes('update renewal ') &&
    isGiven('processing_started_at', text, parameters) &&
    !isGiven('processed_at', text, parameters),
  write: (text) => text.includes('insert into effects'),
  processed: (text, parameters) => text.includes('update renewal ') && isGiven('processed_at', text, parameters),
};
const ALONE = new Set(['store', 'delivery claim']);

const [when = '', ...words] = (process.env['KILL_POINT'] ?? '').split(' ');
const point = words.join(' ');

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Whether any of the rows that are sent as one array a column, in PostgreSQL's binary form, has a value in this one. */
function isGiven(column: string, text: string, parameters: Parameters): boolean {
  const [, number] = new RegExp(String.raw`unnest\(\$(\d+)::\w+\[\]\) as "${column}"`).exec(text) ?? [];
  const array = parameters[Number(number) - 1];
  const [header, sizes] = [20, 4];
  return Buffer.isBuffer(array) && array.length > header + sizes * array.readInt32BE(12);
}

type Query = (this: object, ...parts: unknown[]) => unknown;

/** Sends a statement, and ends the process before it, or as soon as it is known to be done. */
function sendAndDie(send: (...parts: unknown[]) => unknown, parts: readonly unknown[]): unknown {
  if (when === 'before') die();
  const callback = parts.at(-1);
  if (typeof callback === 'function') return send(...parts.slice(0, -1), die);
  const answer = send(...parts);
  void Promise.resolve(answer).then(die);
  return answer;
}

/** Marks each connection whose transaction the point is about, and waits for its commit. */
function watch(client: { query: Query }, isMeant: (text: string, parameters: Parameters) => boolean): void {
  const marked = new WeakSet<object>();
  const original = client.query;
  client.query = function query(...parts) {
    const send = original.bind(this);
    const [statement, second] = parts;
    const { text = '', values = [] } = (typeof statement === 'string' ? { text: statement } : statement) as Statement;
    if (/^\s*commit/i.test(text) && marked.has(this)) return sendAndDie(send, parts);
    if (/^\s*(begin|rollback)/i.test(text)) marked.delete(this);
    if (!isMeant(text, Array.isArray(second) ? second : values)) return send(...parts);
    if (ALONE.has(point)) return sendAndDie(send, parts);
    marked.add(this);
    return send(...parts);
  };
}

interface Statement {
  readonly text?: string;
  readonly values?: Parameters;
}

/** The call has been received, and done, when its answer is here. */
function watchCalls(): void {
  const original = globalThis.fetch;
  globalThis.fetch = async (...call) => {
    const [target] = call;
    const isProcessing = typeof target === 'string' && target.endsWith('/process/');
    if (isProcessing && when === 'before') die();
    const answer = await original(...call);
    if (isProcessing) die();
    return answer;
  };
}

/** The service's `pg`, and the ORM's own copy, where there is one. */
function clients(): Set<{ prototype: { query: Query } }> {
  const own = createRequire(import.meta.url);
  const orms = createRequire(own.resolve('@mikro-orm/postgresql'));
  return new Set([own, orms].map((require) => (require('pg') as { Client: { prototype: { query: Query } } }).Client));
}

const isMeant = STATEMENTS[point];
if (isMeant !== undefined) for (const { prototype } of clients()) watch(prototype, isMeant);
else if (point === 'call') watchCalls();
else if (point !== '') throw new Error(`There is no point "${point}" to be killed at.`);
