/** Columns as wide as their widest cell; the first is flush left, the others flush right. */
export function toTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

export const whole = (value: number): string => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '-');
export const milliseconds = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(value < 10 ? 2 : 1) : '-';
export const times = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)}x` : '-');
