import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPlugins, PluginError } from '../../src/events/plugins.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import { listen } from '../support/sibling.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'renewal-ledger-plugins-'));

/** Plugins import the SDK as it is built, as those of a user do. */
const MODULES = {
  'map.js': `import { HandlerMap } from '@renewal-ledger/sdk';
    export const handlers = new HandlerMap().on('charge.succeeded', () => {}, { name: 'Map.take' });
    export const other = 42;`,
  'same.js': `import { HandlerMap } from '@renewal-ledger/sdk';
    export const handlers = new HandlerMap().on('charge.failed', () => {}, { name: 'Map.take' });`,
  'node_modules/@acme/billing/index.js': `import { On } from '@renewal-ledger/sdk';
    export class Billing { take() {} }
    On('charge.succeeded')(Billing.prototype, 'take', Object.getOwnPropertyDescriptor(Billing.prototype, 'take'));
    export class BillingError extends Error {}
    export class Prices { of() {} }`,
  'node_modules/@acme/billing/package.json': '{ "name": "@acme/billing", "type": "module", "exports": "./index.js" }',
  'node_modules/@acme/modules/index.js': `import { HandlerMap } from '@renewal-ledger/sdk';
    export const handlers = new HandlerMap().on('charge.succeeded', () => {}, { name: 'Modules.take' });`,
  'node_modules/@acme/modules/package.json':
    '{ "name": "@acme/modules", "type": "module", "exports": { ".": { "import": "./index.js" } } }',
  'throws.js': `throw new Error('the config of acme is missing');`,
  'both.js': `import { HandlerMap, On } from '@renewal-ledger/sdk';
    export class Receipts { print() {} }
    On('charge.succeeded')(Receipts.prototype, 'print', Object.getOwnPropertyDescriptor(Receipts.prototype, 'print'));
    export const handlers = new HandlerMap().register(new Receipts());`,
  'needs.js': `export class Mailer { constructor(url) { this.url = new URL(url); } }`,
  'syntax.js': 'export const = 1;',
  'empty.js': 'export const nothing = {};',
  'twice.js': `import { HandlerMap } from '@renewal-ledger/sdk';
    export const handlers = new HandlerMap().on('charge.failed', () => {}, { name: 'a' }).on('charge.failed', () => {}, { name: 'a' });`,
  'unruly.js': `import { HandlerMap } from '@renewal-ledger/sdk';
    const booked = (text) => async (em) => { await em.execute('insert into booked values (?)', [text]); };
    export const handlers = new HandlerMap()
      .on('invoice.paid', () => new Promise(() => {}), { name: 'Unruly.neverEnds', timeoutSeconds: 60, concurrency: 1 })
      .on('invoice.paid', () => { throw new Error('always'); }, { name: 'Unruly.throws' })
      .on('invoice.paid', () => { void Promise.reject(new Error('left behind')).catch(() => {}); setInterval(() => {}, 1000).unref(); }, { name: 'Unruly.leaks' })
      .on('invoice.paid', (event, ctx) => ctx.write(booked(event.id)), { name: 'Good.books' })
      .on('charge.failed', (event, ctx) => { ctx.write(booked(event.id)); ctx.emit('acme.booked', event.id, {}); throw new Error('after all'); }, { name: 'Half.throws' })
      .on('charge.pending', (event, ctx) => {
        ctx.write(booked(event.id));
        ctx.emit('acme.booked', event.id, {});
        ctx.write(async () => { throw new Error('the second write fails'); });
      }, { name: 'Half.writes' })
      .on('charge.updated', async (event, ctx) => {
        await fetch(event.data.object.description, { signal: ctx.signal });
        ctx.write(booked(event.id));
      }, { name: 'Calls.out' })
      .on('charge.captured', async (event, ctx) => {
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
        ctx.write(booked(event.id));
      }, { name: 'Late.writes', timeoutSeconds: 0.2, tries: 1 });`,
};

beforeAll(() => {
  mkdirSync(join(folder, 'node_modules/@renewal-ledger'), { recursive: true });
  symlinkSync(join(root, 'sdk'), join(folder, 'node_modules/@renewal-ledger/sdk'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, code] of Object.entries(MODULES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), code);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('HANDLERS', () => {
  it('takes maps by path and classes by package, and leaves other exports alone', async () => {
    const source = await loadPlugins(['./map.js', '@acme/billing'], folder);
    expect(source.handlers().map(({ name }) => name)).toEqual(['Map.take', 'Billing.take']);
    expect(source.handlersFor('charge.succeeded')).toHaveLength(2);
  });

  it('takes a class once that a map beside it has', async () => {
    const source = await loadPlugins(['./both.js'], folder);
    expect(source.handlers().map(({ name }) => name)).toEqual(['Receipts.print']);
  });

  it('takes packages that can be imported only', async () => {
    const source = await loadPlugins(['@acme/modules'], folder);
    expect(source.handlers().map(({ name }) => name)).toEqual(['Modules.take']);
  });

  it.each([
    ['cannot be found', ['./missing.js'], './missing.js'],
    ['is a package that is not installed', ['@acme/missing'], "Cannot find module '@acme/missing'"],
    ['throws', ['./throws.js'], 'the config of acme is missing'],
    ['has a class that needs arguments', ['./needs.js'], 'its class Mailer cannot be built without arguments'],
    ['cannot be read', ['./syntax.js'], './syntax.js'],
    ['has no handlers', ['./map.js', './empty.js'], './empty.js'],
    ['registers a name twice', ['./twice.js'], 'a handler named a'],
    ['has a name that another module has', ['./map.js', './same.js'], 'Map.take'],
  ])('stops the start with the name and the reason where a module %s', async (_what, modules, told) => {
    const loading = loadPlugins(modules, folder);
    await expect(loading).rejects.toThrow(PluginError);
    await expect(loading).rejects.toThrow(told);
    await expect(loading).rejects.toThrow(
      `HANDLERS names ${modules.includes('./same.js') ? './map.js, ./same.js' : modules.at(-1)}`,
    );
  });
});

describe('plugins in the service', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService({ handlers: await loadPlugins(['./unruly.js'], folder) });
    await service.db.sql('create table booked (id text)');
  });
  afterAll(() => service.stop());

  let count = 0;
  async function post(type: 'invoice.paid' | 'charge.failed' | 'charge.pending' | 'charge.captured'): Promise<string> {
    count += 1;
    const id = `evt_plugin_${count}`;
    const object = type === 'invoice.paid' ? anInvoice({ id: `in_plugin_${count}` }) : { id: 'ch_1', object: 'charge' };
    expect(
      await service.post({ ...aStripeEvent('invoice.paid', anInvoice()), id, type, data: { object } }),
    ).toMatchObject({ status: 200 });
    return id;
  }
  const deliveriesOf = async (id: string) => {
    const rows = await service.db.sql<{ handler: string; state: string; tries: number; last_error: string | null }>(
      'select handler, state, tries, last_error from delivery where event_id = $1',
      [id],
    );
    return Object.fromEntries(rows.map(({ handler, ...row }) => [handler, row]));
  };
  const booked = async (id: string) => (await service.db.sql('select id from booked where id = $1', [id])).length;
  const isRaised = async (id: string) =>
    (await service.db.sql('select id from event where id = $1', [`acme.booked:${id}`])).length > 0;

  it('that never end, throw or leak delay neither the others nor the facts', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => post('invoice.paid')));
    await eventually(async () => {
      for (const id of ids)
        expect(await deliveriesOf(id)).toMatchObject({
          'InvoiceHandlers.record': { state: 'DONE' },
          'Good.books': { state: 'DONE', tries: 1 },
          'Unruly.leaks': { state: 'DONE', tries: 1 },
          'Unruly.throws': { state: 'RETRYING', last_error: 'always' },
          'Unruly.neverEnds': { state: 'PENDING' },
        });
    });
    for (const id of ids) expect(await booked(id)).toBe(1);
  });

  it.each([
    ['throw afterwards', 'charge.failed', 'Half.throws'],
    ['fail in a later write', 'charge.pending', 'Half.writes'],
  ] as const)('write and raise nothing where they %s', async (_what, type, handler) => {
    const id = await post(type);
    await eventually(async () => expect((await deliveriesOf(id))[handler]).toMatchObject({ state: 'RETRYING' }));
    expect([await booked(id), await isRaised(id)]).toEqual([0, false]);
  });

  it('that await an answer hold no transaction open meanwhile', async () => {
    const held: ServerResponse[] = [];
    const { url, close } = await listen((_request, response) => void held.push(response));
    const id = 'evt_plugin_calls';
    const object = { id: 'ch_1', object: 'charge', description: url };
    try {
      await service.post({
        ...aStripeEvent('invoice.paid', anInvoice()),
        id,
        type: 'charge.updated',
        data: { object },
      });
      await eventually(() => expect(held).toHaveLength(1));
      // One that this handler held would be open until it is answered.
      await eventually(async () =>
        expect(
          await service.db.sql(
            `select query from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
          ),
        ).toEqual([]),
      );
      expect(await booked(id)).toBe(0);
      for (const response of held) response.end();
      await eventually(async () => expect((await deliveriesOf(id))['Calls.out']).toMatchObject({ state: 'DONE' }));
      expect(await booked(id)).toBe(1);
    } finally {
      await close();
    }
  });

  it('that outlive their time have no effect any more', async () => {
    const id = await post('charge.captured');
    await eventually(async () => expect((await deliveriesOf(id))['Late.writes']).toMatchObject({ state: 'DEAD' }));
    const after = await post('invoice.paid');
    await eventually(async () => expect(await booked(after)).toBe(1));
    expect(await booked(id)).toBe(0);
  });
});
