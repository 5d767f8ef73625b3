import { BadInputError } from '../errors.js';

/** The bytes of one record, and the line on which they begin. */
export interface Piece {
  readonly line: number;
  readonly bytes: Buffer;
}

/** Takes the chunks of a file in turn, and gives out the records that are complete. */
export interface Splitter {
  readonly push: (chunk: Buffer) => Iterable<Piece>;
  readonly end: () => Iterable<Piece>;
}

const LONGEST_RECORD = 64 * 2 ** 20;

const [NEWLINE, QUOTE, BACKSLASH, COMMA] = [0x0a, 0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
/** A byte order mark counts as white: three bytes that stand before everything. */
const WHITE = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/** By line feeds alone: a line of JSON may hold any other separator. Empty lines are passed over. */
export function splitLines(): Splitter {
  const record = createRecord();
  let line = 1;
  const take = function* (): Iterable<Piece> {
    const bytes = record.take();
    if (bytes.some((byte) => !WHITE.has(byte))) yield { line, bytes };
  };
  return {
    *push(chunk) {
      let start = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
        record.add(chunk.subarray(start, at), line);
        yield* take();
        line += 1;
        start = at + 1;
      }
      record.add(chunk.subarray(start), line);
    },
    end: take,
  };
}

/** The objects of one JSON array. JSON itself is left to the parser: brackets and strings are all that is looked at. */
export function splitArray(): Splitter {
  const record = createRecord();
  let line = 1;
  let startedAt = 0;
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  let isClosed = false;
  const between = (byte: number): void => {
    if (byte === CLOSE_LIST && depth === 1) isClosed = true;
    const isPunctuation = byte === COMMA || byte === CLOSE_LIST || (byte === OPEN_LIST && depth === 0);
    if (!isPunctuation && !WHITE.has(byte))
      throw new BadInputError(`Line ${line} of the file holds something between its records that is no record.`);
    if (byte === OPEN_LIST) depth = 1;
  };
  const within = (byte: number): void => {
    if (isInString) {
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth -= 1;
  };
  return {
    *push(chunk) {
      let start = 0;
      for (let at = 0; at < chunk.length; at += 1) {
        const byte = chunk[at] as number;
        if (byte === NEWLINE) line += 1;
        if (depth > 1) {
          within(byte);
          if (depth > 1) continue;
          record.add(chunk.subarray(start, at + 1), startedAt);
          yield { line: startedAt, bytes: record.take() };
        } else if (byte === OPEN_OBJECT && depth === 1 && !isClosed) {
          depth = 2;
          start = at;
          startedAt = line;
        } else between(byte);
      }
      if (depth > 1) record.add(chunk.subarray(start), startedAt);
    },
    end() {
      if (!isClosed)
        throw new BadInputError(`The file ends on line ${line}, in the middle of its list: it was cut off.`);
      return [];
    },
  };
}

/** What has come of a record so far. A chunk's bytes are copied only where the record goes on in the next one. */
function createRecord() {
  let parts: Buffer[] = [];
  let length = 0;
  return {
    add(bytes: Buffer, line: number): void {
      if (bytes.length > 0) parts.push(bytes);
      length += bytes.length;
      if (length > LONGEST_RECORD)
        throw new BadInputError(`The record on line ${line} is longer than ${LONGEST_RECORD / 2 ** 20} MiB.`);
    },
    take(): Buffer {
      const [only = Buffer.alloc(0)] = parts;
      const whole = parts.length === 1 ? only : Buffer.concat(parts);
      parts = [];
      length = 0;
      return whole;
    },
  };
}
