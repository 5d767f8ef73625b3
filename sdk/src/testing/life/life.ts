import { stableId, type Layout } from '../stripe-object.js';
import { addMonths, DAY, type Time, toSeconds } from '../time.js';
import { recordCycle, recordFirstInvoice, recordUpcoming, recordUpgrade } from './cycles.js';
import { type LifeEvent, LifeRecorder } from './life-recorder.js';

export type { LifeEvent } from './life-recorder.js';

/** Cycles are counted from 1; the first is the one that the trial, or without one the subscription's creation, leads to. */
export interface LifeSpec {
  /** `mixed`: every other event in the old layout, as while an API version is changed. */
  readonly layout?: Layout | 'mixed';
  readonly customer?: string;
  /** The subscription's; name its checkout intent here. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly start?: Time;
  /** Days; 14 if left out, 0 for none. */
  readonly trial?: number;
  readonly cycle?: 'month' | 'year';
  /** How many billing cycles, after the trial; 2 if left out. */
  readonly cycles?: number;
  /** What each cycle costs, in the currency's minor unit. */
  readonly amount?: number;
  /** Cycles whose first payment fails; the second, three days later, does not. */
  readonly failing?: readonly number[];
  /** Cycles whose invoice is voided and issued again. */
  readonly reissued?: readonly number[];
  /** Cycles in the middle of which the plan is changed, with an invoice of prorations. */
  readonly upgraded?: readonly number[];
  /** Canceled in the last cycle, or in the trial where there is none, for its end. */
  readonly canceled?: boolean;
}

/** What a renewal would be: a cycle that begins after another period. */
export interface LifeRenewal {
  /** Epoch seconds. */
  readonly effectiveDate: number;
  /** The id of the invoice that pays for it. */
  readonly invoice: string;
}

export interface Life {
  readonly subscription: string;
  readonly spec: LifeSpec;
  /** In the order in which Stripe would send them. */
  readonly events: readonly LifeEvent[];
  readonly renewals: readonly LifeRenewal[];
}

/** A billing cycle, with what the rest of a life needs to know of it. */
export interface Cycle {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly subscription: string;
  readonly previous: { readonly start: number; readonly end: number };
  readonly invoice: string;
  readonly spec: LifeSpec;
}

/** Every event of a subscription's life, from its creation on. The same arguments give the same events, ids included. */
export function lifeOf(subscription: string, spec: LifeSpec = {}): Life {
  const trial = (spec.trial ?? 14) * DAY;
  const start = toSeconds(spec.start ?? '2026-01-31T09:30:00Z');
  const cycles = cyclesOf(subscription, spec, start + trial);
  const recorder = new LifeRecorder(birthOf(subscription, spec, { start, trial }), layoutsOf(spec));
  recorder.subscription('customer.subscription.created', start);
  if (trial > 0) recordFirstInvoice(recorder, { subscription, spec, start, end: start + trial, amount: 0 });
  if (trial > 3 * DAY) recorder.subscription('customer.subscription.trial_will_end', start + trial - 3 * DAY);
  for (const cycle of cycles) recordOne(recorder, cycle, trial > 0 || cycle.number > 1);
  if (spec.canceled) recordEnd(recorder, cycles.at(-1) ?? { start, end: start + trial });
  const events = recorder.events.toSorted((a, b) => a.created - b.created);
  return { subscription, spec, events, renewals: renewalsOf(cycles, trial > 0) };
}

function recordOne(recorder: LifeRecorder, cycle: Cycle, renews: boolean): void {
  if (renews) {
    recordUpcoming(recorder, cycle);
    recordCycle(recorder, cycle);
  } else {
    const { subscription, spec, start, end } = cycle;
    recordFirstInvoice(recorder, { subscription, spec, start, end, amount: spec.amount ?? 240_000 });
  }
  if (cycle.spec.upgraded?.includes(cycle.number)) recordUpgrade(recorder, cycle);
}

function recordEnd(recorder: LifeRecorder, last: Pick<Cycle, 'start' | 'end'>): void {
  const asked = last.start + Math.floor((last.end - last.start) * 0.75);
  recorder.subscription('customer.subscription.updated', asked, {
    cancelAtPeriodEnd: true,
    cancelAt: last.end,
    canceledAt: asked,
  });
  recorder.subscription('customer.subscription.deleted', last.end, { status: 'canceled', endedAt: last.end });
}

function birthOf(id: string, spec: LifeSpec, { start, trial }: { start: number; trial: number }) {
  const end = trial > 0 ? start + trial : addMonths(start, monthsOf(spec));
  return {
    id,
    customer: spec.customer ?? stableId('cus', id),
    metadata: spec.metadata ?? {},
    created: start,
    status: trial > 0 ? 'trialing' : 'active',
    ...(trial > 0 ? { trialStart: start, trialEnd: end } : {}),
    currentPeriodStart: start,
    currentPeriodEnd: end,
  };
}

function cyclesOf(subscription: string, spec: LifeSpec, anchor: number): Cycle[] {
  const startOf = (index: number) => addMonths(anchor, index * monthsOf(spec));
  const first = anchor - (spec.trial ?? 14) * DAY;
  return Array.from({ length: spec.cycles ?? 2 }, (_none, index) => ({
    number: index + 1,
    start: startOf(index),
    end: startOf(index + 1),
    subscription,
    previous: { start: index === 0 ? first : startOf(index - 1), end: startOf(index) },
    invoice: stableId('in', subscription, startOf(index), spec.reissued?.includes(index + 1) ? 'again' : 'once'),
    spec,
  }));
}

function renewalsOf(cycles: readonly Cycle[], afterTrial: boolean): LifeRenewal[] {
  return cycles.slice(afterTrial ? 0 : 1).map(({ start, invoice }) => ({ effectiveDate: start, invoice }));
}

function monthsOf({ cycle = 'year' }: LifeSpec): number {
  return cycle === 'year' ? 12 : 1;
}

function layoutsOf({ layout = 'basil' }: LifeSpec): (index: number) => Layout {
  return layout === 'mixed' ? (index) => (index % 2 === 0 ? 'basil' : 'legacy') : () => layout;
}
