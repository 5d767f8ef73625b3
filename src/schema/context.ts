import type { EntityManager } from '@mikro-orm/postgresql';
import type { Caller } from '../access/api-keys.js';
import type { Backfills } from '../backfill/backfills.js';
import type { Clock } from '../clock.js';
import type { EndpointRegistry } from '../events/endpoints/endpoint-registry.js';
import type { ReplayEvents } from '../events/replay.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Loaders } from './loaders/loaders.js';

/** What every resolver is given: who asks, and the parts of the service that answer. */
export interface GraphqlContext {
  readonly caller: Caller;
  /** A fresh entity manager: nothing that one read has loaded is answered to the next. */
  readonly em: () => EntityManager;
  readonly loaders: Loaders;
  readonly ledger: Ledger;
  readonly replayEvents: ReplayEvents;
  readonly endpoints: EndpointRegistry;
  readonly backfills: Backfills;
  readonly clock: Clock;
}
