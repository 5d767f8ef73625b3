import type { Role } from '../service.js';

export interface Started {
  readonly role: Role;
  /** The secrets that were made for this start, by what they are. */
  readonly generated: Readonly<Record<string, string>>;
  /** Beside the embedded database, which is for trying the service out: nobody is to play lives into a real one. */
  readonly isTrial: boolean;
}

/** What a person needs who has just started the service: where it is, what was generated, and what to try. */
export function banner(url: string, { role, generated, isTrial }: Started): string {
  const serves = role !== 'worker';
  const addresses = serves
    ? { GraphQL: `${url}/graphql`, Webhook: `${url}/webhooks/stripe` }
    : { Health: `${url}/readyz`, Metrics: `${url}/metrics` };
  const rows = Object.entries({ ...addresses, ...generated });
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    `renewal-ledger is ready at ${url}`,
    '',
    ...rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`),
    '',
    ...(serves && isTrial ? ['  Try next, in another terminal:  npm run simulate', ''] : []),
    '',
  ].join('\n');
}
