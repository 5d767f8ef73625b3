import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLedgerClient, receiveNode } from '@renewal-ledger/sdk';
import { map, told } from './handlers.js';

// A sibling service in its smallest form: it registers itself, takes deliveries, and tells on GET what its handlers did.
const [ledgerUrl = '', apiKey = '', name = ''] = process.argv.slice(2);
let take: ReturnType<typeof receiveNode> | undefined;
const server = createServer((request, response) => {
  if (request.method === 'GET') response.end(JSON.stringify(told));
  else if (take === undefined) response.writeHead(503, { 'retry-after': '1' }).end();
  else void take(request, response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

const ledger = createLedgerClient({ url: ledgerUrl, apiKey });
const url = `http://127.0.0.1:${port}/`;
const { secret } = await ledger.registerHandlerEndpoint({ name, url, eventTypes: map.eventTypes() });
take = receiveNode(map, { secret });
process.stdout.write(`listening on ${port}\n`);
