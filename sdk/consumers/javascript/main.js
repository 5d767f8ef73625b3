import { once } from 'node:events';
import { createServer } from 'node:http';
import { createLedgerClient, HandlerMap, readInvoice, receiveNode } from '@renewal-ledger/sdk';

const [ledgerUrl, apiKey, name] = process.argv.slice(2);
const told = [];
const map = new HandlerMap()
  .on('invoice.paid', async (event, ctx) => {
    const { id, total } = readInvoice(event.data.object);
    told.push(`receipt for ${id} of ${total}`);
    ctx.emit('acme.receipt_sent', id, { invoice: id, total });
  })
  .on('acme.receipt_sent', (event) => void told.push(`sent ${event.data.object.invoice}`));

let take;
const server = createServer((request, response) => {
  if (request.method === 'GET') response.end(JSON.stringify(told));
  else if (take === undefined) response.writeHead(503, { 'retry-after': '1' }).end();
  else void take(request, response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();

const ledger = createLedgerClient({ url: ledgerUrl, apiKey });
const url = `http://127.0.0.1:${port}/`;
const { secret } = await ledger.registerHandlerEndpoint({ name, url, eventTypes: map.eventTypes() });
take = receiveNode(map, { secret });
process.stdout.write(`listening on ${port}\n`);
