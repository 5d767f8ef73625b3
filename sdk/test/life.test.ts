import { readInvoice, readSubscription } from '@renewal-ledger/sdk';
import { type Layout, type LifeEvent, lifeOf, type LifeSpec } from '@renewal-ledger/sdk/testing';
import { describe, expect, it } from 'vitest';

const START = '2026-01-31T09:30:00Z';
const types = (events: readonly LifeEvent[]) => events.map((event) => event.type);
const factsOf = (events: readonly LifeEvent[], prefix: string) =>
  events.filter((event) => event.type.startsWith(prefix)).map((event) => event.data.object);
const iso = (seconds: number | null) => (seconds === null ? null : new Date(seconds * 1000).toISOString());

describe('the life of a subscription', () => {
  it('begins with a trial, whose invoice is of zero, and goes on by cycles', () => {
    const { events } = lifeOf('sub_1', { trial: 14, cycles: 1 });
    expect(types(events)).toEqual([
      'customer.subscription.created',
      'invoice.created',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
      'invoice.upcoming',
      'customer.subscription.trial_will_end',
      'customer.subscription.updated',
      'invoice.created',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
    ]);
    expect(readInvoice(events[3]!.data.object)).toMatchObject({
      billingReason: 'subscription_create',
      total: 0,
      status: 'paid',
    });
    expect(readInvoice(events[10]!.data.object)).toMatchObject({
      billingReason: 'subscription_cycle',
      total: 240_000,
      status: 'paid',
    });
  });

  it('has a renewal wherever a period follows another', () => {
    const ofTrial = lifeOf('sub_1', { start: START, trial: 14, cycle: 'year', cycles: 2 }).renewals;
    expect(ofTrial.map(({ effectiveDate }) => iso(effectiveDate))).toEqual([
      '2026-02-14T09:30:00.000Z',
      '2027-02-14T09:30:00.000Z',
    ]);
    const ofNone = lifeOf('sub_1', { start: START, trial: 0, cycle: 'month', cycles: 3 }).renewals;
    expect(ofNone.map(({ effectiveDate }) => iso(effectiveDate))).toEqual([
      '2026-02-28T09:30:00.000Z',
      '2026-03-31T09:30:00.000Z',
    ]);
  });

  it('pays for each renewal by the invoice that it names, whose service begins on its date', () => {
    const { events, renewals } = lifeOf('sub_1', { cycles: 3, reissued: [2] });
    const paid = factsOf(events, 'invoice.paid').map(readInvoice);
    for (const { effectiveDate, invoice } of renewals) {
      expect(paid.find(({ id }) => id === invoice)?.lines[0]).toMatchObject({
        periodStart: effectiveDate,
        subscription: 'sub_1',
      });
    }
  });

  it('tells what it is told to: a failed payment, an invoice issued again, a change of plan, an end', () => {
    const { events } = lifeOf('sub_1', { cycles: 2, failing: [1], reissued: [2], upgraded: [1], canceled: true });
    expect(types(events)).toEqual(
      expect.arrayContaining(['invoice.payment_failed', 'invoice.voided', 'customer.subscription.deleted']),
    );
    const statuses = factsOf(events, 'customer.subscription.').map((object) => readSubscription(object).status);
    expect(statuses).toEqual([
      'trialing',
      'trialing',
      'active',
      'past_due',
      'active',
      'active',
      'active',
      'active',
      'canceled',
    ]);
    const upgrade = factsOf(events, 'invoice.paid')
      .map(readInvoice)
      .find(({ billingReason }) => billingReason === 'subscription_update');
    expect(upgrade?.lines.every((line) => line.proration && line.kind === 'other')).toBe(true);
  });

  it('ends in the trial where it has no cycle', () => {
    const { events, renewals } = lifeOf('sub_1', { cycles: 0, canceled: true, trial: 7 });
    expect(types(events).at(-1)).toBe('customer.subscription.deleted');
    expect(renewals).toEqual([]);
  });

  it('is told in the order of time, with the attributes as they were before', () => {
    const { events } = lifeOf('sub_1', { cycles: 2, canceled: true });
    const times = events.map((event) => event.created);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const updates = events.filter((event) => event.type === 'customer.subscription.updated');
    expect(
      updates.map((event) =>
        Object.keys((event.data as { previous_attributes?: object }).previous_attributes ?? {}).toSorted(),
      ),
    ).toEqual([
      ['items', 'latest_invoice', 'status'],
      ['items', 'latest_invoice'],
      ['cancel_at', 'cancel_at_period_end', 'canceled_at'],
    ]);
  });

  it('is the same whenever it is built again, and has no two events of one id', () => {
    const spec: LifeSpec = { cycles: 3, failing: [2], reissued: [3], upgraded: [1], canceled: true, layout: 'mixed' };
    const { events } = lifeOf('sub_1', spec);
    expect(lifeOf('sub_1', spec).events).toEqual(events);
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
  });

  it.each<Layout>(['basil', 'legacy'])('says the same in the %s layout', (layout) => {
    const read = (life: readonly LifeEvent[]) => [
      factsOf(life, 'invoice.').map(readInvoice),
      factsOf(life, 'customer.').map(readSubscription),
    ];
    const spec: LifeSpec = { cycles: 2, upgraded: [1], metadata: { checkout_intent_id: '7' } };
    expect(read(lifeOf('sub_1', { ...spec, layout }).events)).toEqual(
      read(lifeOf('sub_1', { ...spec, layout: 'mixed' }).events),
    );
  });
});
