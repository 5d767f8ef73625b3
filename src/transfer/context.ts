import type { EntityManager } from '@mikro-orm/postgresql';
import type { HandlerMap } from '@renewal-ledger/sdk';
import type { Clock } from '../clock.js';
import type { Transaction } from '../database/transaction.js';
import { LinkedBy } from '../entities/states.js';
import type { Query } from '../events/jobs.js';
import type { Livemode } from '../events/new-event.js';
import type { Announcer } from '../ledger/announcer.js';
import type { Scope } from '../ledger/scope.js';
import { settleScope } from '../ledger/settle-scope.js';
import type { Logger } from '../log.js';

export interface ImportOptions {
  readonly em: EntityManager;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly log: Logger;
  /** The built-in ones: they read the facts of the events. */
  readonly factHandlers: HandlerMap;
  readonly livemode: Livemode;
  /** Runs one statement and commits it. */
  readonly query: Query;
  /** False: what follows is held back. */
  readonly announce: boolean;
}

/** One import of one file. */
export interface ImportContext extends ImportOptions {
  /** Whom history names; the same for the same file. */
  readonly by: string;
  readonly reason: string;
}

/** Settles a locked scope into which these records were just inserted: their history begins now. */
export async function settleImported(
  tx: Transaction,
  scope: Scope,
  {
    context,
    intentIds = [],
    renewalIds = [],
  }: {
    readonly context: ImportContext;
    readonly intentIds?: readonly string[];
    readonly renewalIds?: readonly string[];
  },
): Promise<void> {
  const { announcer, clock, announce, by, reason } = context;
  const newIntents = new Set(intentIds);
  const newRenewals = new Set(renewalIds);
  const before = {
    ...scope,
    intents: scope.intents.filter(({ id }) => !newIntents.has(id)),
    renewals: scope.renewals.filter(({ id }) => !newRenewals.has(id)),
  };
  await settleScope(
    tx,
    { before, next: scope },
    { announcer, now: clock.now(), announce, linkAs: LinkedBy.RULE, authorOf: () => ({ by, reason }) },
  );
}
