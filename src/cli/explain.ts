import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { NotFoundError } from '../errors.js';
import type { ExplainedCandidate, Explanation } from '../ledger/explain.js';
import { createLedger } from '../ledger/ledger.js';
import { type Json, JSON_OPTION } from './options.js';
import { createOutput, toTable } from './output.js';
import { withDatabase } from './with-database.js';

const EXAMPLES = `
Examples:
  renewal-ledger explain in_1Abc
  renewal-ledger explain in_1Abc --json

The rules, and every code: docs/matching.md.`;

export function addExplain(program: Command): void {
  program
    .command('explain')
    .description('why an invoice is, or is not, linked to a renewal')
    .argument('<invoice>', "Stripe's id")
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES)
    .action((invoiceId: string, options: Json) => run(invoiceId, options));
}

function run(invoiceId: string, { json = false }: Json): Promise<void> {
  return withDatabase(async (orm) => {
    const explanation = await createLedger({ em: orm.em, announcer: NOBODY, clock: systemClock }).explainMatch(
      invoiceId,
    );
    if (explanation === null)
      throw new NotFoundError(`No event of invoice ${JSON.stringify(invoiceId.slice(0, 80))} has come.`);
    createOutput({ json }).result(tellExplanation(explanation), { ...explanation });
  });
}

/** Explaining changes nothing, so nobody is told of anything. */
const NOBODY = {
  routeOf: () => ({ state: 'IGNORED', ignoredBecause: null }) as const,
  wake: async () => undefined,
  signal: async () => undefined,
};

/** The verdict, then every candidate with how far it lies from the period's start. */
export function tellExplanation(explanation: Explanation): string {
  const { invoiceId, outcome, code, reason, periodStart, renewalId, candidates } = explanation;
  return [
    `${invoiceId}: ${outcome}${renewalId === null ? '' : `, renewal ${renewalId}`}`,
    `  ${code}: ${reason}`,
    `  Its period begins ${periodStart === null ? 'at no known time' : `at ${periodStart.toISOString()}`}.`,
    ...(candidates.length === 0 ? ['  There are no candidates.'] : ['', toTable(candidates.map(toRow))]),
  ].join('\n');
}

function toRow({ renewalId, accepted, code, reason, distanceSeconds }: ExplainedCandidate) {
  const distance = distanceSeconds === null ? null : toDistance(distanceSeconds);
  return { renewal: renewalId, accepted: accepted ? 'yes' : 'no', distance, code, reason };
}

function toDistance(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  if (whole < 2 * 3_600) return `${Math.round(whole / 60)} min`;
  return whole < 2 * 86_400 ? `${Math.round(whole / 3_600)} h` : `${Math.round(whole / 86_400)} d`;
}
