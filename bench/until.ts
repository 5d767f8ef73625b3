import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';

/** Returns when no event waits for its handlers. */
export async function untilHandled(sql: Client, { withinSeconds = 300, everyMs = 20 } = {}): Promise<void> {
  const deadline = performance.now() + withinSeconds * 1000;
  for (;;) {
    const { rowCount } = await sql.query(`select from event where state = 'PENDING' limit 1`);
    if (rowCount === 0) return;
    if (performance.now() > deadline) throw new Error(`There were still unhandled events after ${withinSeconds} s.`);
    await pause(everyMs);
  }
}
