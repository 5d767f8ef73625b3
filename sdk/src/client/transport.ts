import { type LedgerError, toLedgerError, UnavailableError } from './client-errors.js';

export interface ClientOptions {
  /** Where the ledger is: `https://ledger.example`, or the whole address of its `/graphql`. */
  readonly url: string | URL;
  readonly apiKey: string;
  /** How often what may be repeated is asked again while the ledger is not there; 4 if left out. */
  readonly retries?: number;
  /** Of one request; 30 if left out. */
  readonly timeoutSeconds?: number;
  readonly fetch?: typeof fetch;
}

export interface Asked {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly repeatable: boolean;
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** Asks the ledger by GraphQL, and again, with growing pauses, where that can help and does no harm. */
export class Transport {
  readonly #url: URL;

  constructor(private readonly options: ClientOptions) {
    this.#url = new URL(options.url);
    this.#url.pathname = this.#url.pathname.replace(/(?:\/graphql)?\/*$/, '/graphql');
  }

  async ask<Data>(asked: Asked): Promise<Data> {
    const retries = asked.repeatable ? (this.options.retries ?? 4) : 0;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#askOnce<Data>(asked);
      } catch (error) {
        if (!(error instanceof UnavailableError) || attempt >= retries) throw error;
        await pause(200 * 2 ** attempt * (0.5 + Math.random() / 2));
      }
    }
  }

  async #askOnce<Data>({ document, variables }: Asked): Promise<Data> {
    const response = await this.#send(JSON.stringify({ query: document, variables })).catch((cause: unknown) => {
      throw unreachable(cause);
    });
    const answer = await readAnswer<Data>(response);
    if (response.ok && answer.data && !answer.errors) return answer.data;
    throw refusal(answer, response.status);
  }

  #send(body: string): Promise<Response> {
    const { apiKey, timeoutSeconds = 30, fetch: send = fetch } = this.options;
    return send(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${apiKey}` },
      body,
      redirect: 'error', // the key is for this address alone
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
  }
}

async function readAnswer<Data>(response: Response): Promise<Answer<Data>> {
  try {
    return (await response.json()) as Answer<Data>;
  } catch (cause) {
    // A cut connection, or the page of a proxy in between.
    if (response.ok) throw unreachable(cause);
    return {};
  }
}

function refusal(answer: Answer<unknown>, status: number): LedgerError {
  const [first] = answer.errors ?? [];
  const message = first?.message ?? answer.error?.message ?? `The ledger answered ${status}.`;
  if (status === 502 || status === 503 || status === 504)
    return toLedgerError({ code: 'UNAVAILABLE', message, status });
  return toLedgerError({ code: first?.extensions?.code ?? answer.error?.code ?? codeOf(status), message, status });
}

function codeOf(status: number): string {
  if (status === 401) return 'UNAUTHENTICATED';
  return status === 403 ? 'FORBIDDEN' : 'INTERNAL_SERVER_ERROR';
}

function unreachable(cause: unknown): LedgerError {
  const reason =
    cause instanceof Error
      ? `${cause.message}${cause.cause instanceof Error ? `: ${cause.cause.message}` : ''}`
      : String(cause);
  return toLedgerError({
    code: 'UNAVAILABLE',
    message: `The ledger cannot be reached (${reason}).`,
    status: null,
    cause,
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
