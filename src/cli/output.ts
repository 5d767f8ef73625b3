/** Where a command writes: results to standard output, remarks for a person to standard error. */
export interface Output {
  /** Rows as an aligned table, or as one JSON value where `--json` asks for it. */
  rows(rows: readonly Readonly<Record<string, string | null>>[]): void;
  /** One result, such as a key: alone on its line, so that a script can take it; or as JSON with all that belongs to it. */
  result(text: string, whole: Readonly<Record<string, unknown>>): void;
  remark(sentence: string): void;
}

export function createOutput({ json }: Readonly<{ json: boolean }>): Output {
  const write = (text: string) => void process.stdout.write(`${text}\n`);
  return {
    rows: (rows) => write(json ? JSON.stringify(rows) : toTable(rows)),
    result: (text, whole) => write(json ? JSON.stringify(whole) : text),
    remark: (sentence) => void (json || process.stderr.write(`${sentence}\n`)),
  };
}

/** Columns as wide as their widest cell, named by the first row's fields. */
export function toTable(rows: readonly Readonly<Record<string, string | null>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [
    columns.map((column) => column.toUpperCase()),
    ...rows.map((row) => columns.map((column) => row[column] ?? '-')),
  ];
  const widths = columns.map((_column, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
