import type { Query } from '../online-migration.js';
import { fillGroup } from './fill-group.js';
import { holdBack } from './hold-back.js';
import { lockScope } from './scope.js';
import { writeRenewals, writeScope } from './write-scope.js';

/** Fills what some checkout intents' renewals lack, in the transaction given. Once more, it changes nothing. */
export async function fillBatch(query: Query, intentIds: readonly string[], by: string): Promise<void> {
  // Rows are named by key, some at a time: a scan looks cheaper to the planner, and statistics of a table just filled are of an empty one.
  await query(`select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`);
  await query('lock table fact_gate in row exclusive mode'); // shared by all that settle
  const scope = await lockScope(query, intentIds);
  const filled = scope.groups.map(fillGroup);
  await writeScope(query, scope, filled);
  await writeRenewals(query, filled, by);
  await holdBack(query, scope, filled);
}
