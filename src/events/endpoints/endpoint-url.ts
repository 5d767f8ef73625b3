import { lookup } from 'node:dns/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { BadInputError } from '../../errors.js';
import { isLiterallyPrivate, isPublic, PrivateAddressError } from './addresses.js';

const LONGEST = 2_000;
const LOOKUP_MS = 3_000;

/**
 * The address of an endpoint as it is kept, or a refusal. A name that cannot be resolved now is taken: the service behind it may come
 * later, and each connection is checked again.
 * @throws BadInputError
 */
export async function readEndpointUrl(text: string, allowPrivate: boolean): Promise<string> {
  const url = URL.parse(text);
  if (url === null || text.length > LONGEST || !['http:', 'https:'].includes(url.protocol))
    throw new BadInputError(`url must be an http or https URL of at most ${LONGEST} characters.`);
  if (url.username !== '' || url.password !== '')
    throw new BadInputError('url must not hold a user or a password: deliveries are signed instead.');
  url.hash = '';
  if (allowPrivate) return url.href;
  if (isLiterallyPrivate(url.hostname) || !(await isPublicName(url.hostname)))
    throw new BadInputError(new PrivateAddressError(url.hostname).message);
  if (url.protocol !== 'https:')
    throw new BadInputError('url must be https: events would cross the public Internet in the clear.');
  return url.href;
}

async function isPublicName(host: string): Promise<boolean> {
  if (host.startsWith('[')) return true;
  const found = await Promise.race([lookup(host, { all: true }).catch(() => []), pause(LOOKUP_MS, [], { ref: false })]);
  return found.every(({ address }) => isPublic(address));
}
