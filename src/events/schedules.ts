import type { Logger } from '../log.js';
import type { Jobs } from './jobs.js';
import { QUEUE_DEFAULTS, SCHEDULE_PREFIX } from './queues.js';

/** Work that is done now and then, by one process of however many there are. */
export interface Schedule {
  /** Letters, digits and dashes. */
  readonly name: string;
  /** Minutes between two runs, or a cron expression in UTC. */
  readonly every: number | string;
  /** A run that is still under way when the next is due is not joined by another. What it throws is logged, and the next run comes as ever. */
  run(): Promise<void>;
}

const LONGEST_RUN_SECONDS = 6 * 3600;

/** Starts these schedules, and ends those that a former release had. */
export async function workOnSchedules(jobs: Jobs, schedules: readonly Schedule[], log: Logger): Promise<void> {
  const names = new Set(schedules.map(({ name }) => SCHEDULE_PREFIX + name));
  for (const { name } of await jobs.boss.getSchedules()) {
    if (name.startsWith(SCHEDULE_PREFIX) && !names.has(name)) await jobs.boss.unschedule(name);
  }
  for (const { name, every, run } of schedules) {
    const queue = SCHEDULE_PREFIX + name;
    await jobs.boss.createQueue(queue, {
      ...QUEUE_DEFAULTS,
      policy: 'exclusive',
      expireInSeconds: LONGEST_RUN_SECONDS,
    });
    await jobs.boss.work(queue, { notifyPollingIntervalSeconds: 10, pollingIntervalSeconds: 10 }, async () => {
      try {
        await run();
      } catch (error) {
        log.error({ err: error, schedule: name }, 'A scheduled run failed; the next one comes as ever');
      }
    });
    await jobs.boss.schedule(queue, typeof every === 'string' ? every : `FREQ=MINUTELY;INTERVAL=${every}`);
  }
}
