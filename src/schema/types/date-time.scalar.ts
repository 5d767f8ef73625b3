import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

const ISO_8601 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:?\d\d)$/;
// PostgreSQL's text of an earlier year is read as one of our own time.
const EARLIEST = Date.parse('1000-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * An instant. Taken with any offset from UTC, never without one: a local time names no instant. Answered in UTC with
 * milliseconds; finer digits are cut off.
 */
export const GraphQLDateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'An instant, ISO 8601: 2026-11-23T19:30:00Z, or with another offset from UTC. Answers are in UTC with milliseconds; a time without an offset is refused.',
  serialize(value) {
    if (value instanceof Date) return value.toISOString();
    throw new TypeError('DateTime can only answer a Date.');
  },
  parseValue: (value) => readDateTime(value),
  parseLiteral: (node) => readDateTime(node.kind === Kind.STRING ? node.value : undefined),
});

function readDateTime(value: unknown): Date {
  const date = typeof value === 'string' ? toDateTime(value) : undefined;
  if (date !== undefined) return date;
  throw new GraphQLError(
    'DateTime must be an ISO 8601 date and time with its offset from UTC, like 2026-11-23T19:30:00Z or 2026-11-23T20:30:00+01:00.',
    { extensions: { code: 'BAD_USER_INPUT' } },
  );
}

function toDateTime(text: string): Date | undefined {
  const [, day, time, fraction = '', offset] = ISO_8601.exec(text) ?? [];
  if (day === undefined || time === undefined || offset === undefined) return undefined;
  const seconds = time.length === 5 ? `${time}:00` : time;
  const local = `${day}T${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  if (!isOnTheClock(local)) return undefined;
  const minutes = minutesOf(offset);
  if (minutes === undefined) return undefined;
  const instant = Date.parse(local) - minutes * 60_000;
  return instant >= EARLIEST && instant <= LATEST ? new Date(instant) : undefined;
}

/** Date.parse takes 30 February for 2 March. */
function isOnTheClock(local: string): boolean {
  const instant = Date.parse(local);
  return !Number.isNaN(instant) && new Date(instant).toISOString() === local;
}

function minutesOf(offset: string): number | undefined {
  if (offset === 'Z' || offset === 'z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
