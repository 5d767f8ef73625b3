import type { EventMap, EventType } from '../event-types.js';
import { isObject, readSeconds } from '../read-value.js';
import { API_VERSIONS, type Layout, stableId } from './stripe-object.js';
import { type Time, toSeconds } from './time.js';

export interface StripeEventSpec {
  /** Left out: the same for the same type, object and time, so that a duplicate is made by building it again. */
  readonly id?: string;
  /** Left out: the object's newest time of a change of status, else its creation. */
  readonly created?: Time;
  /** Left out: that of the object. Decides `api_version`. */
  readonly layout?: Layout;
  readonly apiVersion?: string | null;
  readonly previousAttributes?: Readonly<Record<string, unknown>>;
  readonly livemode?: boolean;
  /** A connected account's id. */
  readonly account?: string;
  /** Fields to replace or to add, as Stripe writes them. */
  readonly raw?: Readonly<Record<string, unknown>>;
}

/** What `aStripeEvent` builds: for types of Stripe's, the event of the installed `stripe`, so that a handler takes it. */
export type BuiltEvent<Type extends string> = Type extends EventType ? EventMap[Type] : UntypedEvent<Type>;

export interface UntypedEvent<Type extends string> {
  readonly id: string;
  readonly object: 'event';
  readonly type: Type;
  readonly created: number;
  readonly data: { readonly object: unknown };
}

/** A Stripe event around an object. */
export function aStripeEvent<Type extends string>(
  type: Type,
  object: object,
  spec: StripeEventSpec = {},
): BuiltEvent<Type> {
  const created = spec.created === undefined ? timeOf(object) : toSeconds(spec.created);
  const data = spec.previousAttributes ? { object, previous_attributes: spec.previousAttributes } : { object };
  return {
    id: spec.id ?? stableId('evt', type, created, data),
    object: 'event',
    ...(spec.account === undefined ? {} : { account: spec.account }),
    api_version: spec.apiVersion === undefined ? API_VERSIONS[spec.layout ?? layoutOf(object)] : spec.apiVersion,
    created,
    data,
    livemode: spec.livemode ?? false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    ...spec.raw,
  } as unknown as BuiltEvent<Type>;
}

function layoutOf(object: object): Layout {
  return 'subscription_details' in object || 'current_period_end' in object ? 'legacy' : 'basil';
}

function timeOf(object: object): number {
  const { created, status_transitions: transitions } = object as { created?: unknown; status_transitions?: unknown };
  const times = [created, ...(isObject(transitions) ? Object.values(transitions) : [])].map(readSeconds);
  return Math.max(0, ...times.filter((time) => time !== null));
}
