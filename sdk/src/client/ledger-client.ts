import { type Arguments, isRepeatable, type Operation } from './operation.js';
import { OPERATIONS } from './operations.generated.js';
import { type Page, Paged } from './paged.js';
import type { LedgerOperations } from './schema.generated.js';
import { type ClientOptions, Transport } from './transport.js';

export interface LedgerClient extends LedgerOperations {
  /**
   * Any other selection than the methods make: the fields and nested lists of your choice. Not repeated when the ledger is not there.
   */
  query<Data>(document: string, variables?: Arguments): Promise<Data>;
}

/**
 * A client for the ledger's GraphQL, with a method for each of its operations. It refuses by throwing a `LedgerError`, whose class
 * and `code` say why. While the ledger cannot be reached, queries and those mutations that may be repeated are asked again.
 *
 * @example
 * const ledger = createLedgerClient({ url: 'http://127.0.0.1:4000', apiKey });
 * const { outcome } = await ledger.linkInvoice({ invoiceId: 'in_1' });
 * for await (const renewal of ledger.renewals({ filter: { overdue: true } })) console.log(renewal.id);
 */
export function createLedgerClient(options: ClientOptions): LedgerClient {
  const transport = new Transport(options);
  const methods = Object.entries<Operation>(OPERATIONS).map(([name, operation]) => [
    name,
    methodOf(transport, name, operation),
  ]);
  return {
    ...(Object.fromEntries(methods) as LedgerOperations),
    query: (document, variables = {}) => transport.ask({ document, variables, repeatable: false }),
  };
}

function methodOf(transport: Transport, name: string, operation: Operation) {
  const ask = async (args: Arguments): Promise<unknown> => {
    const variables = operation.input ? { input: args } : args;
    const asked = { document: operation.document, variables, repeatable: isRepeatable(operation, args) };
    return (await transport.ask<Record<string, unknown>>(asked))[name];
  };
  if (!operation.paged) return (args: Arguments = {}) => ask(args);
  return (args: Arguments = {}) =>
    new Paged((after) => ask(after === undefined ? args : { ...args, after }) as Promise<Page<unknown>>);
}
