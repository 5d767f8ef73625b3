import { HandlerMap } from '@renewal-ledger/sdk';

/** A plugin whose handler never comes to an end by itself. */
export const endless = new HandlerMap().on('invoice.created', () => new Promise<void>(() => undefined), {
  name: 'Endless.run',
});
