import { InvalidArgumentError } from 'commander';
import { LedgerError } from '../errors.js';

/** What every command that prints data takes. */
export type Json = Readonly<{ json?: boolean }>;

export const JSON_OPTION = ['--json', 'print JSON'] as const;

/** The options do not go together; the command was called wrongly, as where commander refuses it. */
export class UsageError extends LedgerError {
  readonly code = 'USAGE';
}

/** A time with its offset from UTC. */
export function toTime(text: string): Date {
  const time = new Date(text);
  if (!/[zZ]|[+-]\d\d:?\d\d$/.test(text) || Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('Give a time with its offset from UTC, such as 2026-11-20T00:00:00Z.');
  return time;
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

export const toList = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
