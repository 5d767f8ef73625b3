/** The one source of the process's time. Rows that several processes compare take SQL's `now()` instead. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
