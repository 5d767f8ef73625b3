import { pino } from 'pino';
import { systemClock } from '../../src/clock.js';
import { createFactHandlers } from '../../src/handlers/built-in.js';
import type { ImportContext } from '../../src/transfer/context.js';
import { importFile, type ImportReport } from '../../src/transfer/import.js';
import { ImportRefusedError } from '../../src/transfer/problems.js';
import { aFile } from './command.js';
import type { TestDatabase } from './database.js';

/** What an import needs, without workers; `woken` are the events that it would have had them handle. */
export function importInto(db: TestDatabase, changes: Partial<ImportContext> = {}) {
  const woken: string[] = [];
  const context: ImportContext = {
    em: db.orm.em,
    announcer: {
      routeOf: () => ({ state: 'PENDING', ignoredBecause: null }),
      wake: async (_tx, events) => void woken.push(...events.map(({ id }) => id)),
      signal: async () => undefined,
    },
    clock: systemClock,
    log: pino({ level: 'silent' }),
    factHandlers: createFactHandlers(),
    livemode: 'both',
    query: db.sql,
    announce: false,
    by: 'import:test',
    reason: 'imported from a test',
    ...changes,
  };
  return {
    context,
    woken,
    /** Imports these records, as lines of a file. */
    async records(...records: readonly object[]): Promise<ImportReport> {
      const path = aFile('records.ndjson', records.map((record) => JSON.stringify(record)).join('\n'));
      const progress = { looked: () => undefined, written: () => undefined };
      return importFile(context, path, { dryRun: false, progress, signal: new AbortController().signal });
    },
    /** What is wrong with these records, as `field: message`. */
    async problemsOf(...records: readonly object[]): Promise<string[]> {
      try {
        await this.records(...records);
        return [];
      } catch (error) {
        if (!(error instanceof ImportRefusedError)) throw error;
        return error.problems.map(({ field, message }) => `${field}: ${message}`);
      }
    },
  };
}

export const anExportedIntent = (id: number, fields: object = {}) => ({
  kind: 'checkoutIntent',
  id: String(id),
  uuid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
  state: 'PAID',
  quantity: 1,
  ...fields,
});

export const anExportedRenewal = (plan: string, fields: object = {}) => ({
  kind: 'renewal',
  checkoutIntentId: '1',
  subscriptionPlanRenewalId: plan,
  ...fields,
});

export const anExportedEvent = (event: object) => ({ kind: 'event', body: JSON.stringify(event) });
