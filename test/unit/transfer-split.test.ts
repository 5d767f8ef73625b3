import { describe, expect, it } from 'vitest';
import { splitArray, splitLines, type Splitter } from '../../src/transfer/split.js';

/** What comes of a text that arrives in chunks of so many bytes. */
function split(splitter: Splitter, text: string, size: number): [line: number, text: string][] {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  const pieces = [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
  return pieces.map((piece) => [piece.line, piece.bytes.toString()]);
}

const SIZES = [1, 2, 3, 7, 1_000];

describe('the records of a file', () => {
  it.each(SIZES)('of a JSON array are its objects, whatever their strings hold, in chunks of %i', (size) => {
    const text = '\u{FEFF}[\n {"a": "} ] \\" [ {"},\n\n  {"b": [1, {"c": {}}],\n "d": "é"} ,{}]\n';
    expect(split(splitArray(), text, size)).toEqual([
      [2, '{"a": "} ] \\" [ {"}'],
      [4, '{"b": [1, {"c": {}}],\n "d": "é"}'],
      [5, '{}'],
    ]);
  });

  it.each(SIZES)('of lines end at a line feed and nowhere else, in chunks of %i', (size) => {
    expect(split(splitLines(), '{"a":"\u2028\u2029"}\r\n\n{"b":1}', size)).toEqual([
      [1, '{"a":"\u2028\u2029"}\r'],
      [3, '{"b":1}'],
    ]);
  });

  it.each(['[', '[{"a": 1}', '[{"a": "]}', '[{"a": 1},'])('are refused where %s is all there is', (text) => {
    expect(() => split(splitArray(), text, 100)).toThrow('cut off');
  });

  it.each(['[1]', '[{} x]', '[{}] {}'])('are refused where something else stands between them: %s', (text) => {
    expect(() => split(splitArray(), text, 100)).toThrow('no record');
  });
});
