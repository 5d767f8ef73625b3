import type { Migration } from '@mikro-orm/migrations';

export interface Loss {
  /** The rows, with a column `id`, that going down would lose and going up again could not bring back. */
  readonly rows: string;
  /** What those rows hold, and what to do instead. */
  readonly because: string;
}

const SHOWN = 5;

/** Going down is refused while it would lose what nothing could restore: an empty answer lets it go on. */
export async function refuseDown(migration: Migration, { rows, because }: Loss): Promise<void> {
  const found = (await migration.execute(`select id::text from (${rows}) lost limit ${SHOWN + 1}`)) as { id: string }[];
  if (found.length === 0) return;
  const ids = [...found.slice(0, SHOWN).map(({ id }) => id), ...(found.length > SHOWN ? ['…'] : [])];
  throw new Error(`This migration is not taken back: ${because} (${ids.join(', ')})`);
}
