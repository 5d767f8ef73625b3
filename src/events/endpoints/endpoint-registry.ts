import { randomBytes } from 'node:crypto';
import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Clock } from '../../clock.js';
import { HandlerEndpoint } from '../../entities/handler-endpoint.entity.js';
import { BadInputError, NotFoundError } from '../../errors.js';
import { readEndpointUrl } from './endpoint-url.js';

/** An endpoint without its secrets. */
export type EndpointView = Pick<HandlerEndpoint, 'id' | 'name' | 'url' | 'eventTypes' | 'enabled' | 'createdAt'>;

export interface EndpointWithSecret {
  readonly endpoint: EndpointView;
  readonly secret: string;
}

export interface EndpointChange {
  readonly id: string;
  readonly url?: string | null | undefined;
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly enabled?: boolean | null | undefined;
}

/** Registers the sibling services that take deliveries. Running workers follow within seconds. */
export interface EndpointRegistry {
  /** By name. */
  list(): Promise<readonly EndpointView[]>;
  register(endpoint: Pick<EndpointView, 'name' | 'url' | 'eventTypes'>): Promise<EndpointWithSecret>;
  update(change: EndpointChange): Promise<EndpointView>;
  /** The former secret goes on signing too for 24 hours; the one before it ends at once. */
  rotateSecret(id: string): Promise<EndpointWithSecret>;
  /** Its unfinished deliveries are SKIPPED after an hour, unless an endpoint of the same name has been registered by then. */
  remove(id: string): Promise<void>;
}

export interface RegistryOptions {
  readonly em: () => EntityManager;
  readonly clock: Clock;
  readonly allowPrivate: boolean;
}

const OVERLAP_MS = 24 * 3_600_000;
const NAME = /^[a-z0-9](?:[a-z0-9_.-]{0,61}[a-z0-9])?$/i;
const EVENT_TYPE = /^(?:\*|[\w-]+(?:\.[\w-]+)*(?:\.\*)?)$/;
const MOST_TYPES = 500;

export function createEndpointRegistry({ em, clock, allowPrivate }: RegistryOptions): EndpointRegistry {
  return {
    list: () => em().find(HandlerEndpoint, {}, { orderBy: { name: 'asc' } }),
    async register({ name, url, eventTypes }) {
      assertName(name);
      const given = { name, url: await readEndpointUrl(url, allowPrivate), eventTypes: toEventTypes(eventTypes) };
      const secret = makeSecret();
      return { endpoint: await insert(em(), { ...given, secret }), secret };
    },
    async update({ id, url, eventTypes, enabled }) {
      assertNotCleared({ url, eventTypes, enabled });
      const changes = {
        ...(typeof url === 'string' && { url: await readEndpointUrl(url, allowPrivate) }),
        ...(Array.isArray(eventTypes) && { eventTypes: toEventTypes(eventTypes) }),
        ...(typeof enabled === 'boolean' && { enabled }),
      };
      return changed(em(), id, () => changes);
    },
    async rotateSecret(id) {
      const secret = makeSecret();
      const endpoint = await changed(em(), id, (before) => ({
        secret,
        previousSecret: before.secret,
        previousSecretUntil: new Date(clock.now().getTime() + OVERLAP_MS),
      }));
      return { endpoint, secret };
    },
    async remove(id) {
      const removed = isId(id) ? await em().nativeDelete(HandlerEndpoint, { id }) : 0;
      if (removed === 0) throw notFound(id);
    },
  };
}

async function insert(
  em: EntityManager,
  row: Pick<HandlerEndpoint, 'name' | 'url' | 'eventTypes' | 'secret'>,
): Promise<EndpointView> {
  try {
    const endpoint = em.create(HandlerEndpoint, row, { partial: true });
    await em.flush();
    return endpoint;
  } catch (error) {
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
    throw new BadInputError(
      `There is an endpoint named "${row.name}". Update it, rotate its secret if that is lost, or choose another name.`,
    );
  }
}

/** The row is locked: of two rotations at once the second keeps what the first made. */
function changed(
  em: EntityManager,
  id: string,
  changesOf: (before: HandlerEndpoint) => Partial<HandlerEndpoint>,
): Promise<EndpointView> {
  return em.transactional(async (inner) => {
    const endpoint = isId(id)
      ? await inner.findOne(HandlerEndpoint, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE })
      : null;
    if (endpoint === null) throw notFound(id);
    return Object.assign(endpoint, changesOf(endpoint));
  });
}

function assertName(name: string): void {
  if (NAME.test(name)) return;
  throw new BadInputError(
    'name must have 1 to 63 letters, digits, dots, dashes or underscores, and begin and end with a letter or digit.',
  );
}

function toEventTypes(types: readonly string[]): string[] {
  if (types.length === 0 || types.length > MOST_TYPES)
    throw new BadInputError(`eventTypes must name 1 to ${MOST_TYPES} types.`);
  const bad = types.find((type) => !EVENT_TYPE.test(type) || type.length > 255);
  if (bad !== undefined)
    throw new BadInputError(
      `"${bad.slice(0, 80)}" is no type of event: write invoice.paid, customer.subscription.* or *.`,
    );
  return [...new Set(types)];
}

function assertNotCleared(change: Readonly<Record<string, unknown>>): void {
  const cleared = Object.keys(change).find((field) => change[field] === null);
  if (cleared !== undefined) throw new BadInputError(`${cleared} cannot be cleared; leave it out to keep it.`);
}

const makeSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

const isId = (id: string) => /^\d{1,18}$/.test(id);

const notFound = (id: string) => new NotFoundError(`There is no handler endpoint with the id "${id.slice(0, 40)}".`);
