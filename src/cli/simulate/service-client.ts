import { signed } from '@renewal-ledger/sdk/testing';
import { LedgerError } from '../../errors.js';

export interface ServiceAddress {
  readonly url: string;
  readonly apiKey: string;
  readonly webhookSecret: string;
}

/** The service answered with an error, or not at all. */
export class ServiceCallError extends LedgerError {
  readonly code = 'SERVICE_CALL_FAILED';
}

/** The running service over HTTP, as another service and as Stripe would call it. */
export interface ServiceClient {
  graphql<Data>(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Data>;
  /** Posts a signed event; true where it was there already. */
  post(event: object): Promise<boolean>;
}

const TIMEOUT_MS = 30_000;

/** Calls nobody any more, and fails with the reason, once `stopping` says so. */
export function createServiceClient(
  { url, apiKey, webhookSecret }: ServiceAddress,
  stopping: AbortSignal = new AbortController().signal,
): ServiceClient {
  const send = async (path: string, body: string, headers: Readonly<Record<string, string>>): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      body,
      headers,
      signal: AbortSignal.any([stopping, AbortSignal.timeout(TIMEOUT_MS)]),
    }).catch((cause: unknown) => {
      stopping.throwIfAborted();
      throw new ServiceCallError(`Nothing answers at ${url}. Start it in another terminal: npm start`, { cause });
    });
    const text = await response.text();
    if (!response.ok) throw new ServiceCallError(`${path} answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  };
  return {
    async graphql<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
      const { data, errors } = (await send(
        '/graphql',
        JSON.stringify({ query, variables }),
        headers,
      )) as GraphqlAnswer<Data>;
      if (errors !== undefined) throw new ServiceCallError(errors.map(({ message }) => message).join(' '));
      return data;
    },
    async post(event) {
      const { body, headers } = signed(event, webhookSecret);
      const { duplicate } = (await send('/webhooks/stripe', body, { ...headers })) as { duplicate: boolean };
      return duplicate;
    },
  };
}

interface GraphqlAnswer<Data> {
  readonly data: Data;
  readonly errors?: readonly { readonly message: string }[];
}
