import { EventState } from '../entities/states.js';
import { extractColumns, isThin, laneOf, readPostedEvent } from './extract.js';
import type { EventColumns, PostedEvent } from './extract.js';
import { IgnoredBecause } from './ignored.js';

/** Which of Stripe's two modes counts; events of the other one are kept and IGNORED. */
export type Livemode = 'live' | 'test' | 'both';

/** A Stripe event on its way into the database. */
export interface NewEvent extends EventColumns {
  readonly body: Buffer;
  readonly lane: string;
  readonly state: EventState.PENDING | EventState.IGNORED;
  readonly ignoredBecause: string | null;
}

/** Undefined where the bytes are no event. An event that no handler may see is IGNORED from birth, with the reason. */
export function readNewEvent(body: Buffer, livemode: Livemode): NewEvent | undefined {
  const event = readPostedEvent(body);
  if (event === undefined) return undefined;
  const columns = extractColumns(event);
  const ignoredBecause = reasonToIgnore(event, livemode);
  return {
    ...columns,
    body,
    lane: laneOf(event, columns),
    state: ignoredBecause === null ? EventState.PENDING : EventState.IGNORED,
    ignoredBecause,
  };
}

/** An event that names no mode counts as one of the mode that is configured. */
function reasonToIgnore(event: PostedEvent, livemode: Livemode): string | null {
  if (isThin(event)) return IgnoredBecause.THIN;
  if ((event['account'] ?? '') !== '') return IgnoredBecause.CONNECT_ACCOUNT;
  return isOfOtherMode(event['livemode'], livemode) ? IgnoredBecause.OTHER_MODE : null;
}

export const isOfOtherMode = (ofEvent: unknown, livemode: Livemode): boolean =>
  livemode !== 'both' && ofEvent === (livemode === 'test');
