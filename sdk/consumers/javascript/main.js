import { createServer } from 'node:http';
import { HandlerMap, readInvoice, receiveNode } from '@renewal-ledger/sdk';

const told = [];
const map = new HandlerMap().on('invoice.paid', async (event, ctx) => {
  const { id, total } = readInvoice(event.data.object);
  told.push(`receipt for ${id} of ${total}`);
  ctx.emit('acme.receipt_sent', id, { invoice: id, total });
});

const ledger = receiveNode(map, { secret: process.argv[2] });
const server = createServer((request, response) => {
  if (request.method === 'GET') response.end(JSON.stringify(told));
  else void ledger(request, response);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`listening on ${server.address().port}\n`));
