import { anInvoice, aStripeEvent, type InvoiceSpec } from '@renewal-ledger/sdk/testing';
import * as fc from 'fast-check';
import { hoursFrom } from './builders.js';
import { type Happening, METADATA } from './world.js';

/** What happens to one checkout, in the order in which it is told first, and again in any other. */
export interface Plot {
  readonly orderly: readonly Happening[];
  readonly disordered: readonly Happening[];
}

const TYPES = {
  draft: 'invoice.created',
  open: 'invoice.finalized',
  paid: 'invoice.paid',
  void: 'invoice.voided',
  uncollectible: 'invoice.marked_uncollectible',
} as const;
const LIVES: readonly (readonly (keyof typeof TYPES)[])[] = [
  ['draft', 'open', 'paid'],
  ['open', 'paid'],
  ['draft', 'open'],
  ['open', 'void'],
  ['open', 'uncollectible', 'paid'],
  ['draft', 'open', 'void', 'paid'],
];

/** Invoices and renewals that crowd around one date: the nearer they are, the more they are in each other's way. */
const hours = fc.integer({ min: -30, max: 30 });

const invoice = fc.record({
  hours,
  life: fc.constantFrom(...LIVES),
  subscription: fc.constantFrom('sub_1', 'sub_1', 'sub_1', 'sub_2'),
  customer: fc.constantFrom('cus_1', 'cus_1', 'cus_1', 'cus_1', 'cus_2', null),
  billingReason: fc.constantFrom('subscription_cycle', 'subscription_cycle', 'subscription', null, 'manual'),
  layout: fc.constantFrom('basil', 'legacy'),
  metadata: fc.constantFrom(METADATA, METADATA, {}),
});

const renewal = fc.record({ hours, names: fc.option(fc.constantFrom('sub_1', 'sub_2'), { nil: undefined, freq: 2 }) });

export const plots: fc.Arbitrary<Plot> = fc
  .record({
    invoices: fc.array(invoice, { minLength: 1, maxLength: 4 }),
    renewals: fc.uniqueArray(renewal, { minLength: 1, maxLength: 3, selector: (given) => given.hours }),
  })
  .chain(({ invoices, renewals }) => {
    const events = invoices.flatMap((given, number) => eventsOf(given as InvoiceDraft, number));
    const created = renewals.map(({ hours: at, names }, index): Happening => ({
      kind: 'renewal',
      number: index + 1,
      date: hoursFrom(at),
      names,
    }));
    const orderly: Happening[] = [
      { kind: 'intent' },
      ...created,
      ...events.toSorted((a, b) => a.created - b.created).map(alone),
    ];
    return fc.record({
      orderly: fc.constant(orderly),
      disordered: disorderOf(events, [{ kind: 'intent' }, ...created]),
    });
  })
  .map((plot) => ({ ...plot, [fc.toStringMethod]: () => `\n  ${plot.disordered.map(describe).join('\n  ')}` }));

type InvoiceDraft = { hours: number; life: (typeof LIVES)[number] } & Required<
  Pick<InvoiceSpec, 'subscription' | 'customer' | 'billingReason' | 'layout' | 'metadata'>
>;

function eventsOf({ hours: at, life, ...spec }: InvoiceDraft, number: number) {
  const start = hoursFrom(at);
  return life.map((status, step) => {
    const created = start.getTime() / 1000 + number * 60 + step * 7200;
    const object = anInvoice({
      ...spec,
      id: `in_${number + 1}`,
      status,
      serviceStart: start,
      paidAt: status === 'paid' ? created : null,
    });
    return aStripeEvent(TYPES[status], object, { id: `evt_${number + 1}_${step}`, created });
  });
}

const alone = (event: object): Happening => ({ kind: 'batch', events: [event] });

/** The same events in any order, some twice, in batches of any size, with what is created anywhere between. */
function disorderOf(events: readonly object[], created: readonly Happening[]): fc.Arbitrary<Happening[]> {
  const steps = [...events.map(alone), ...created];
  const shuffled = fc.shuffledSubarray(steps, { minLength: steps.length });
  const repeats = fc.array(fc.constantFrom(...events.map(alone)), { maxLength: 4 });
  return fc.tuple(shuffled, repeats, fc.infiniteStream(fc.boolean())).map(([first, again, joins]) => {
    const batches: Happening[] = [];
    for (const step of [...first, ...again]) {
      const last = batches.at(-1);
      const joined = joins.next().value === true && last?.kind === 'batch' && step.kind === 'batch';
      if (joined) batches[batches.length - 1] = { kind: 'batch', events: unique([...last.events, ...step.events]) };
      else batches.push(step);
    }
    return batches;
  });
}

/** A batch holds an event once. */
const unique = (events: readonly object[]): object[] => [
  ...new Map(events.map((event) => [idOf(event), event])).values(),
];

const idOf = (event: object): string => (event as { id: string }).id;

function describe(happening: Happening): string {
  if (happening.kind === 'batch') return happening.events.map(idOf).join(' ');
  if (happening.kind === 'intent') return 'intent';
  return `renewal ${happening.number} at ${happening.date.toISOString()} of ${happening.names ?? 'any subscription'}`;
}
