import { HandlerMap } from '@renewal-ledger/sdk';

/** A plugin that writes one row for each payment. */
export const receipts = new HandlerMap().on(
  'payment.received',
  (event, ctx) => ctx.write(async (em) => void (await em.execute(`insert into effects values ('${event.id}')`))),
  { name: 'Receipts.write' },
);
