/** A moment: epoch seconds, as Stripe writes them, an ISO 8601 text or a Date. */
export type Time = number | string | Date;

export function toSeconds(time: Time): number {
  const seconds = typeof time === 'number' ? time : Math.floor(new Date(time).getTime() / 1000);
  if (!Number.isFinite(seconds))
    throw new RangeError(`"${String(time)}" is no time; use epoch seconds, ISO 8601 or a Date.`);
  return seconds;
}

export function toSecondsOrNull(time: Time | null): number | null {
  return time === null ? null : toSeconds(time);
}

/** The same day and time of day some months on, in UTC; the month's last day where it has no such day, as Stripe bills. */
export function addMonths(time: Time, months: number): number {
  const from = new Date(toSeconds(time) * 1000);
  const day = from.getUTCDate();
  const moved = new Date(from);
  moved.setUTCDate(1);
  moved.setUTCMonth(from.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
  moved.setUTCDate(Math.min(day, lastDay));
  return moved.getTime() / 1000;
}

export const DAY = 86_400;

/** The clock of a test: it stands still until it is told to go on. */
export class TestClock {
  #now: number;

  constructor(start: Time = '2026-01-01T00:00:00Z') {
    this.#now = toSeconds(start);
  }

  /** Epoch seconds. */
  get now(): number {
    return this.#now;
  }

  advance({
    days = 0,
    months = 0,
    seconds = 0,
  }: {
    readonly days?: number;
    readonly months?: number;
    readonly seconds?: number;
  }): number {
    this.#now = addMonths(this.#now, months) + days * DAY + seconds;
    return this.#now;
  }
}
