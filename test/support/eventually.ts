import { setTimeout as pause } from 'node:timers/promises';

/** Calls until it no longer throws and answers what it answered; after the deadline the last failure is thrown. */
export async function eventually<T>(attempt: () => T | Promise<T>, { withinMs = 10_000 } = {}): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await pause(20);
  }
}
