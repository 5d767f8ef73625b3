import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { receiveNode } from '@renewal-ledger/sdk';
import { map, told } from './handlers.js';

// A sibling service in its smallest form: it takes deliveries, and tells on GET what its handlers did.
const ledger = receiveNode(map, { secret: process.argv[2] ?? '' });
const server = createServer((request, response) => {
  if (request.method === 'GET') response.end(JSON.stringify(told));
  else (ledger as RequestListener)(request, response);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`));
