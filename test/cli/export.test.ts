import { anInvoice, aStripeEvent } from '@renewal-ledger/sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportAll } from '../../src/transfer/export.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { anExportedEvent, anExportedIntent, anExportedRenewal, importInto } from '../support/importing.js';

let from: TestDatabase;
let to: TestDatabase;
beforeEach(async () => {
  [from, to] = await Promise.all([openTestDatabase(), openTestDatabase()]);
  for (const { sql } of [from, to]) await sql('create table event_body_partition.test partition of event_body default');
});
afterEach(() => Promise.all([from.close(), to.close()]));

const DUE = '2026-03-01T00:00:00Z';
const SUBSCRIPTION = 'sub_moved';

const invoice = (status: 'open' | 'paid') =>
  anInvoice({
    id: 'in_1',
    status,
    subscription: SUBSCRIPTION,
    customer: 'cus_1',
    metadata: { checkout_intent_uuid: anExportedIntent(1).uuid },
    serviceStart: DUE,
    serviceEnd: '2027-03-01T00:00:00Z',
  });
const opened = () => aStripeEvent('invoice.finalized', invoice('open'));

const given = [anExportedIntent(1), anExportedRenewal('a', { stripeSubscriptionId: SUBSCRIPTION, effectiveDate: DUE })];

interface Line {
  readonly kind: string;
  readonly [field: string]: unknown;
}

async function linesOf(db: TestDatabase, { withEvents = true } = {}): Promise<Line[]> {
  let text = '';
  const write = async (lines: string) => void (text += lines);
  await exportAll(db.orm.em, { withEvents, write, signal: new AbortController().signal });
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

const linksOf = ({ sql }: TestDatabase) => sql('select stripe_invoice_id as invoice, linked_by as by from renewal');

describe('an export', () => {
  it('leaves a link that is derived until its invoice is paid to the rules of whoever imports it', async () => {
    await importInto(from).records(...given, anExportedEvent(opened()));
    const lines = await linesOf(from);
    expect(lines).toContainEqual(expect.objectContaining({ stripeInvoiceId: 'in_1', isLinkDerived: true }));
    await importInto(to).records(...lines);
    expect(await linksOf(from)).toEqual([{ invoice: 'in_1', by: 'RULE' }]);
    expect(await linksOf(to)).toEqual([{ invoice: 'in_1', by: 'RULE' }]);
    expect(await linesOf(to)).toEqual(lines);
  });

  it.each<[string, () => Promise<Line[]>]>([
    ['are not in the file', () => linesOf(from, { withEvents: false })],
    [
      'are erased',
      async () => {
        await from.sql('delete from event_body');
        await from.sql('update event set payload_erased_at = now()');
        return linesOf(from);
      },
    ],
  ])('has it stand where the events that it follows from %s', async (_where, exported) => {
    await importInto(from).records(...given, anExportedEvent(opened()));
    await importInto(to).records(...(await exported()));
    expect(await linksOf(to)).toEqual([{ invoice: 'in_1', by: 'IMPORT' }]);
  });

  it('takes along what was read from Stripe of invoices that are older than its events', async () => {
    const observed = { ...aStripeEvent('invoice.paid', invoice('paid')), id: 'invoice.observed:in_1:abc' };
    await importInto(from).records(...given, anExportedEvent({ ...observed, type: 'invoice.observed' }));
    const lines = await linesOf(from);
    await importInto(to).records(...lines);
    for (const { sql } of [from, to]) {
      expect(await sql('select state from renewal')).toEqual([{ state: 'PAID' }]);
      expect(
        await sql("select source, checkout_intent_id as intent from event where type = 'invoice.observed'"),
      ).toEqual([{ source: 'LEDGER', intent: '1' }]);
    }
    expect(await linesOf(to)).toEqual(lines);
  });
});
