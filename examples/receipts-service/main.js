import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createLedgerClient, receiveNode } from '@renewal-ledger/sdk';
import { createReceipts } from './receipts.js';

const ENDPOINT = 'receipts';
const { LEDGER_URL = 'http://127.0.0.1:4000', LEDGER_API_KEY = keyOfTheClone(), PORT = '4100' } = process.env;

const ledger = createLedgerClient({ url: LEDGER_URL, apiKey: LEDGER_API_KEY });
const map = createReceipts({ ledger, print: (line) => console.log(line) });

// Deliveries are answered once the secret is known. Until then the ledger tries again.
let answer;
const server = createServer((request, response) => {
  if (answer === undefined) response.writeHead(503, { 'retry-after': '1' }).end();
  else void answer(request, response);
});
server.listen(Number(PORT), '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;
answer = receiveNode(map, { secret: await register(url, map.eventTypes()) });
console.log(`Taking ${map.eventTypes().join(' and ')} at ${url}`);

/** Registers this service, or takes a new secret where it is registered: the ledger shows a secret only once. */
async function register(address, eventTypes) {
  const known = (await ledger.handlerEndpoints()).find(({ name }) => name === ENDPOINT);
  if (known === undefined)
    return (await ledger.registerHandlerEndpoint({ name: ENDPOINT, url: address, eventTypes })).secret;
  await ledger.updateHandlerEndpoint({ id: known.id, url: address, eventTypes, enabled: true });
  return (await ledger.rotateHandlerEndpointSecret({ id: known.id })).secret;
}

/** The key that `npm start` made in this clone, of the scope admin. */
function keyOfTheClone() {
  const file = new URL('../../.data/admin-api-key', import.meta.url);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new Error('Set LEDGER_API_KEY to a key of the scope admin, or start the ledger in this clone first.');
}
