import type DataLoader from 'dataloader';
import { sql } from 'kysely';
import { batched, rowsOf, type Fork } from './batches.js';

/** The events' bodies as JSON; null for one that is erased, or that is no JSON. */
export function payloadsOf(fork: Fork): DataLoader<string, unknown> {
  return batched(async (eventIds) => {
    const rows = await rowsOf(
      fork(),
      sql`
      select event.id, event_body.body
      from event join event_body on event_body.event_id = event.id and event_body.received_at = event.received_at
      where event.id = any(${[...new Set(eventIds)]}::text[])`,
    );
    const byId = new Map(rows.map((row) => [row['id'], readJson(row['body'] as Uint8Array)]));
    return eventIds.map((id) => byId.get(id) ?? null);
  });
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return null;
  }
}
