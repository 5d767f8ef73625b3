import type { MikroORM } from '@mikro-orm/postgresql';
import type { Clock } from '../clock.js';
import type { Jobs } from '../events/jobs.js';
import { EVENT_QUEUE } from '../events/queues.js';
import type { ReadinessCheck } from './health.js';

/** A worker asks for jobs every few seconds, except while it has its hands full. */
const LONGEST_SILENCE_MS = 60_000;

/** Workers of this process ask for events, and have been answered lately. */
export function workersCheck({ boss }: Pick<Jobs, 'boss'>, clock: Clock): ReadinessCheck {
  return async () => {
    const workers = boss.getWipData().filter(({ name, state }) => name === EVENT_QUEUE && state === 'active');
    const latest = Math.max(...workers.map(({ lastFetchedOn, createdOn }) => lastFetchedOn ?? createdOn));
    if (clock.now().getTime() - latest > LONGEST_SILENCE_MS) {
      throw new Error(`No worker of this process has asked for events for ${LONGEST_SILENCE_MS / 1000} seconds.`);
    }
  };
}

/** The database is what this version of the service was written for: also while another version is being put in place. */
export function migrationsCheck(migrator: MikroORM['migrator']): ReadinessCheck {
  return async () => {
    const pending = await migrator.getPending();
    if (pending.length > 0) throw new Error(`Migrations are pending: ${pending.map(({ name }) => name).join(', ')}.`);
  };
}
