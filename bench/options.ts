import { parseArgs } from 'node:util';

export const PARTS = ['webhooks', 'handling', 'steady', 'idle', 'backfill'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly Part[];
  /** How often each contestant is measured at each number of connections; they take turns. */
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: readonly number[];
  /** Invoices that are created and paid. */
  readonly pairs: number;
  /** Turns that the pairs are split over. */
  readonly turns: number;
  /** Posts a second while the service handles events. */
  readonly postsPerSecond: number;
  /** Invoices created and paid one after the other. */
  readonly idlePairs: number;
  /** Renewals to fill, one run after the other. */
  readonly backfillSizes: readonly number[];
  readonly json: string | undefined;
}

const HELP = `npm run bench -- [options]

  --only PART,…        ${PARTS.join(', ')} (default: all)
  --rounds N           turns of each contestant in "webhooks" (default: 5)
  --seconds N          length of a turn, and a third of "steady" (default: 5)
  --connections N,…    default: 1,10,50
  --pairs N            invoices created and paid in "handling" (default: 20000)
  --turns N            turns that the pairs are split over (default: 4)
  --rate N             posts a second in "steady" (default: 1000)
  --sizes N,…          renewals in "backfill" (default: 10000,30000,100000)
  --quick              one short round of everything: to see that it runs
  --json FILE          the figures, for a machine
`;

const DEFINITION = {
  only: { type: 'string', default: PARTS.join(',') },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  connections: { type: 'string', default: '1,10,50' },
  pairs: { type: 'string' },
  turns: { type: 'string' },
  rate: { type: 'string', default: '1000' },
  sizes: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Undefined where help was asked for, and given. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({ args: [...args], options: DEFINITION });
  if (values.help) return void process.stdout.write(HELP);
  const usual = values.quick
    ? { rounds: 1, seconds: 2, pairs: 1_000, turns: 1 }
    : { rounds: 5, seconds: 5, pairs: 20_000, turns: 4 };
  const number = (name: 'rounds' | 'seconds' | 'pairs' | 'turns') => toCount(values[name] ?? String(usual[name]));
  return {
    parts: values.only.split(',').map(toPart),
    rounds: number('rounds'),
    seconds: number('seconds'),
    connections: values.connections.split(',').map(toCount),
    pairs: number('pairs'),
    turns: number('turns'),
    postsPerSecond: toCount(values.rate),
    idlePairs: values.quick ? 30 : 300,
    backfillSizes: (values.sizes ?? (values.quick ? '1000' : '10000,30000,100000')).split(',').map(toCount),
    json: values.json,
  };
}

function toPart(name: string): Part {
  const part = PARTS.find((known) => known === name);
  if (part === undefined) throw new Error(`There is no part "${name}". Parts: ${PARTS.join(', ')}.`);
  return part;
}

function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`"${text}" is no whole number above zero.`);
  return count;
}
