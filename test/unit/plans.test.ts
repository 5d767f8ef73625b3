import { describe, expect, it } from 'vitest';
import { plansOf } from '../../src/ledger/plans.js';
import {
  anIntent,
  aRenewal,
  aSubscription,
  CUSTOMER,
  type RenewalSpec,
  instant,
  SUBSCRIPTION,
} from '../support/builders.js';

const processed = (id: string, date: string, spec: RenewalSpec = {}) =>
  aRenewal({ id, date, renewedSubscriptionPlanUuid: `plan-${id}`, processedAt: instant(date), ...spec });
const renewals = [processed('2', '2026-03-01'), processed('1', '2027-03-01')];
const owner = anIntent({ customerId: CUSTOMER });

function plans(status: string | null, given = renewals) {
  return Object.fromEntries(
    plansOf(aSubscription({ status, customerId: CUSTOMER }), owner, given).map(({ planUuid, isActive }) => [
      planUuid,
      isActive,
    ]),
  );
}

describe('The plans of a subscription', () => {
  it.each(['active', 'trialing'])('are the one of the latest processed renewal, by date, while it is %s', (status) => {
    expect(plans(status)).toEqual({ 'plan-1': true, 'plan-2': false });
  });

  it.each(['past_due', 'unpaid', 'paused', 'canceled', 'incomplete_expired'])(
    'are all off while it is %s',
    (status) => {
      expect(plans(status)).toEqual({ 'plan-1': false, 'plan-2': false });
    },
  );

  it.each(['incomplete', 'unheard_of', null])('are left alone while its status is %s', (status) => {
    expect(plans(status)).toEqual({});
  });

  it('are off once it was deleted, whatever its status says', () => {
    const subscription = aSubscription({ status: 'active', isDeleted: true });
    expect(plansOf(subscription, owner, renewals).every(({ isActive }) => !isActive)).toBe(true);
  });

  it('are left alone before the first processed renewal', () => {
    expect(plans('active', [processed('1', '2026-03-01', { processedAt: null })])).toEqual({});
    expect(plans('past_due', [processed('1', '2026-03-01', { processedAt: null })])).toEqual({});
  });

  it('are not those of a renewal that is still to be processed', () => {
    const next = processed('3', '2028-03-01', { processedAt: null });
    expect(plans('active', [...renewals, next])).toEqual({ 'plan-1': true, 'plan-2': false });
  });

  it('are not those of another subscription', () => {
    expect(plans('active', [processed('1', '2026-03-01', { subscriptionId: 'sub_other' })])).toEqual({});
    expect(SUBSCRIPTION).not.toBe('sub_other');
  });

  it("are left alone where the subscription is another customer's", () => {
    const foreign = aSubscription({ status: 'active', customerId: 'cus_foreign', firstCustomerId: 'cus_foreign' });
    expect(plansOf(foreign, owner, renewals)).toEqual([]);
  });

  it('keep a plan on that was renewed twice', () => {
    const again = processed('3', '2028-03-01', { renewedSubscriptionPlanUuid: 'plan-2' });
    expect(plans('active', [...renewals, again])).toEqual({ 'plan-1': false, 'plan-2': true });
  });
});
