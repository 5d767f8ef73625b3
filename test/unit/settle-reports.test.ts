import { describe, expect, it } from 'vitest';
import { LinkedBy } from '../../src/entities/states.js';
import type { Group } from '../../src/ledger/records.js';
import { settle } from '../../src/ledger/settle.js';
import {
  aGroup,
  anIntent,
  anInvoiceRecord,
  aRenewal,
  aSubscription,
  CUSTOMER,
  hoursFrom,
  instant,
  SUBSCRIPTION,
} from '../support/builders.js';

const near = anInvoiceRecord({ id: 'in_near' });
const far = anInvoiceRecord({ id: 'in_far', serviceStart: hoursFrom(5) });
const openNear = anInvoiceRecord({ id: 'in_near', status: 'open' });
const dead = anInvoiceRecord({ id: 'in_void', status: 'void' });
const foreign = anInvoiceRecord({ id: 'in_foreign', customer: 'cus_stranger' });
const linkedTo = (invoiceId: string, linkedBy = LinkedBy.RULE) => aRenewal({ invoiceId, linkedBy });
const ofCustomer = anIntent({ givenCustomerId: CUSTOMER });
const ended = aSubscription({ endedAt: instant('2026-03-10') });
const paidLate = anInvoiceRecord({ id: 'in_late', paidAt: '2026-03-11' });

const reported: [string, Partial<Group>, string[]][] = [
  [
    'a nearer paid invoice than the one whose link is paid',
    { invoices: [near, far], renewals: [linkedTo('in_far')] },
    ['BETTER_CLAIM:in_near'],
  ],
  [
    'a paid invoice beside an open one that a person linked',
    {
      invoices: [near, anInvoiceRecord({ id: 'in_far', status: 'open' })],
      renewals: [linkedTo('in_far', LinkedBy.PERSON)],
    },
    ['BETTER_CLAIM:in_near'],
  ],
  [
    'an invoice beside one that an import named and nobody knows',
    { invoices: [near], renewals: [linkedTo('in_unknown', LinkedBy.IMPORT)] },
    ['BETTER_CLAIM:in_near'],
  ],
  [
    'a nearer renewal than the one that a paid link holds',
    { invoices: [near], renewals: [aRenewal({ invoiceId: 'in_near', date: hoursFrom(3) }), aRenewal({ id: '2' })] },
    ['BETTER_CLAIM:in_near'],
  ],
  [
    'a renewal as near as the one that a paid link holds',
    {
      invoices: [near],
      renewals: [aRenewal({ invoiceId: 'in_near', date: hoursFrom(3) }), aRenewal({ id: '2', date: hoursFrom(-3) })],
    },
    ['BETTER_CLAIM:in_near'],
  ],
  [
    'a date that has moved away from a paid link',
    { invoices: [near], renewals: [aRenewal({ invoiceId: 'in_near', date: '2026-05-01' })] },
    ['BETTER_CLAIM:in_near'],
  ],
  [
    'a void invoice of a processed renewal',
    { invoices: [dead], renewals: [aRenewal({ invoiceId: 'in_void', processedAt: hoursFrom(9) })] },
    ['VOIDED_AFTER_PROCESSED:in_void'],
  ],
  [
    'an invoice paid after the subscription had ended',
    { subscriptions: [ended], invoices: [paidLate], renewals: [aRenewal()] },
    ['PAID_AFTER_END:in_late'],
  ],
  [
    'an invoice paid after the end of which nobody knew when its renewal was processed',
    {
      subscriptions: [ended],
      invoices: [paidLate],
      renewals: [aRenewal({ invoiceId: 'in_late', processedAt: instant('2026-03-12') })],
    },
    ['PAID_AFTER_END:in_late'],
  ],
  [
    'an invoice of another customer',
    { intent: ofCustomer, invoices: [foreign], renewals: [aRenewal()] },
    ['FOREIGN_CUSTOMER:in_foreign'],
  ],
  [
    'an invoice without a customer, of a subscription of another',
    {
      intent: ofCustomer,
      subscriptions: [aSubscription({ customerId: 'cus_stranger' })],
      invoices: [anInvoiceRecord({ id: 'in_silent', customer: null })],
    },
    [`FOREIGN_CUSTOMER:${SUBSCRIPTION}`, 'FOREIGN_CUSTOMER:in_silent'],
  ],
  [
    'a subscription of another customer',
    { intent: ofCustomer, subscriptions: [aSubscription({ customerId: 'cus_stranger' })] },
    [`FOREIGN_CUSTOMER:${SUBSCRIPTION}`],
  ],
];

const unreported: [string, Partial<Group>][] = [
  ['nothing', {}],
  ['a link that all agree on', { invoices: [near], renewals: [aRenewal()] }],
  ['a conflict: a schedule tells of that', { invoices: [near, far], renewals: [aRenewal()] }],
  ['a claim that is worse than the standing link', { invoices: [near, far], renewals: [linkedTo('in_near')] }],
  ['an open claim beside a paid link', { invoices: [openNear, far], renewals: [linkedTo('in_far')] }],
  [
    'a claim by a person’s own choice of the rules’ renewal',
    { invoices: [near], renewals: [linkedTo('in_near', LinkedBy.PERSON)] },
  ],
  ['a void invoice that held an unprocessed renewal', { invoices: [dead], renewals: [linkedTo('in_void')] }],
  [
    'a person’s choice where the rules make none',
    { invoices: [near], renewals: [aRenewal({ invoiceId: 'in_near', linkedBy: LinkedBy.PERSON, date: '2026-05-01' })] },
  ],
  [
    'an invoice paid at the very end of the subscription',
    { subscriptions: [ended], invoices: [anInvoiceRecord({ paidAt: '2026-03-10' })], renewals: [aRenewal()] },
  ],
  [
    'an invoice paid late for a renewal that was processed before',
    {
      subscriptions: [ended],
      invoices: [paidLate],
      renewals: [aRenewal({ invoiceId: 'in_late', processedAt: hoursFrom(1) })],
    },
  ],
  [
    'an intent without a customer',
    { subscriptions: [aSubscription({ firstCustomerId: null })], invoices: [anInvoiceRecord({ customer: null })] },
  ],
];

describe('Settling reports', () => {
  it.each(reported)('%s', (_name, given, expected) => {
    expect(reportsOf(given)).toEqual(expected);
  });

  it('by a sentence, with the ids of what it is about', () => {
    const [report] = settle(aGroup({ invoices: [near, far], renewals: [linkedTo('in_far')] })).reports;
    expect(report).toMatchObject({
      subscriptionId: SUBSCRIPTION,
      invoiceId: 'in_near',
      renewalId: '1',
      customerId: CUSTOMER,
    });
    expect(report?.message).toMatch(/in_near.*in_far.*\.$/);
  });
});

describe('Settling does not report', () => {
  it.each(unreported)('%s', (_name, given) => {
    expect(reportsOf(given)).toEqual([]);
  });
});

function reportsOf(given: Partial<Group>): string[] {
  return settle(aGroup(given)).reports.map(({ code, subject }) => `${code}:${subject}`);
}
