import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The name or address lies, or may lie, inside our own network. */
export class PrivateAddressError extends Error {
  readonly code = 'PRIVATE_ADDRESS';

  constructor(host: string) {
    super(
      `${host} is not an address of the public Internet. Set ALLOW_PRIVATE_ENDPOINTS=true if endpoints in the service's own network are wanted.`,
    );
  }
}

const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|internal|home\.arpa)\.?$/i;

/** False for every range that is not the public Internet's, and for IPv6 that carries IPv4 within it. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0) return false;
  const ip = ipaddr.process(address);
  if (ip.range() !== 'unicast') return false;
  return ip instanceof ipaddr.IPv4 || ip.match(GLOBAL_IPV6);
}

/** Sees only what the text says: an address in a private range, or a name that is always local. `host` as in `URL.hostname`. */
export function isLiterallyPrivate(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? LOCAL_NAME.test(host) : !isPublic(bare);
}

/** `dns.lookup`, of all addresses. */
export type Resolve = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/**
 * Resolves for a connection that is about to be made, and refuses a name of which any address is private. The socket connects to what
 * this answers, so a name that resolves otherwise a moment later leads nowhere else.
 */
export const createPublicLookup =
  (resolve: Resolve = lookup): LookupFunction =>
  (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const [first] = found ?? [];
      if (error !== null || first === undefined) return callback(error, []);
      if (!found.every(({ address }) => isPublic(address))) return callback(new PrivateAddressError(host), []);
      return options.all === true ? callback(null, found) : callback(null, first.address, first.family);
    });
  };
