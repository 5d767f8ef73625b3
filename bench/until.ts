import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';

/**
 * Returns when no event waits for its handlers. Between two looks at all of them it looks at the newest one alone, by its key: the
 * other look would itself be a load.
 */
export async function untilHandled(sql: Client, { withinSeconds = 300, everyMs = 10 } = {}): Promise<void> {
  const deadline = performance.now() + withinSeconds * 1000;
  for (;;) {
    const { rows } = await sql.query<{ id: string }>(
      `select id from event where state = 'PENDING' order by received_at desc limit 1`,
    );
    const newest = rows[0]?.id;
    if (newest === undefined) return;
    while ((await sql.query(`select from event where id = $1 and state = 'PENDING'`, [newest])).rowCount !== 0) {
      if (performance.now() > deadline) throw new Error(`There were still unhandled events after ${withinSeconds} s.`);
      await pause(everyMs);
    }
  }
}
