import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BadInputError } from '../errors.js';
import { splitArray, splitLines, type Piece } from './split.js';

/** One record of a file, as it stands there. */
export interface SourceRecord {
  /** Where it begins, counted from 1. */
  readonly line: number;
  /** Which it is, counted from 0. */
  readonly index: number;
  /** Undefined where it is not JSON; then `problem` says so. */
  readonly value: unknown;
  readonly problem: string | null;
}

const GZIP = 0x1f;
const BYTE_ORDER_MARK = '\u{FEFF}';

/**
 * The records of a JSON array (Django's `dumpdata`) or of a text with one JSON object a line, gzipped or not, one after the other: never the
 * whole file at once.
 * @throws BadInputError where the file as a whole cannot be read: it is neither, or ends in the middle.
 */
export async function* readSource(path: string): AsyncGenerator<SourceRecord> {
  let index = 0;
  for await (const piece of piecesOf(path)) {
    yield { ...parse(piece), line: piece.line, index };
    index += 1;
  }
}

/** Stands for a file by its name, size and time of change: one that was replaced between two readings is another. */
export async function fingerprintOf(path: string): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new BadInputError(`${path} cannot be read (${(cause as { code?: string }).code}).`, { cause });
  });
  if (!found.isFile()) throw new BadInputError(`${path} is no file: it is read several times, so it cannot be a pipe.`);
  return hash('sha256', `${basename(path)}:${found.size}:${found.mtimeMs}`, 'hex').slice(0, 12);
}

async function* piecesOf(path: string): AsyncGenerator<Piece> {
  const bytes = await firstBytes(path);
  const file = createReadStream(path);
  // Its callback has nothing to do: an error of either is thrown to whoever reads the second.
  const chunks = bytes[0] === GZIP ? pipeline(file, createGunzip(), () => undefined) : file;
  let split: ((chunk: Buffer) => Iterable<Piece>) | undefined;
  const lines = splitLines();
  const array = splitArray();
  try {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      split ??= startsArray(chunk) ? array.push : lines.push;
      yield* split(chunk);
    }
  } catch (cause) {
    if (cause instanceof BadInputError) throw cause;
    throw new BadInputError(`${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  yield* split === array.push ? array.end() : lines.end();
}

async function firstBytes(path: string): Promise<Buffer> {
  for await (const chunk of createReadStream(path, { end: 1 })) return chunk as Buffer;
  return Buffer.alloc(0);
}

const startsArray = (chunk: Buffer): boolean =>
  chunk.subarray(0, 4_096).toString('utf8').replace(BYTE_ORDER_MARK, '').trimStart().startsWith('[');

function parse({ bytes }: Piece): Pick<SourceRecord, 'value' | 'problem'> {
  try {
    return { value: JSON.parse(new TextDecoder('utf8', { fatal: true }).decode(bytes)), problem: null };
  } catch (error) {
    const isText = error instanceof SyntaxError;
    return { value: undefined, problem: isText ? 'is not JSON; was the file cut off?' : 'is not UTF-8.' };
  }
}
