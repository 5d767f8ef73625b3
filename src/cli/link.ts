import type { Command } from 'commander';
import { MatchOutcome } from '../ledger/records.js';
import { tellExplanation } from './explain.js';
import { type Json, JSON_OPTION } from './options.js';
import { createOutput } from './output.js';
import { BY, withLedger } from './with-database.js';

const LINK_EXAMPLES = `
Examples:
  renewal-ledger link in_1Abc                   by the matching rules
  renewal-ledger link in_1Abc --renewal 17      to this renewal, whatever the rules say of dates and reasons

Never overwrites a link, and never links another customer's invoice. Exit code 1 where the invoice is not linked then.`;

const UNLINK_EXAMPLES = `
Examples:
  renewal-ledger unlink 17 --reason 'The invoice is of another plan.'

The rules never make that link again. Refused once processing has begun.`;

export function addLink(program: Command): void {
  program
    .command('link')
    .description('link an invoice to the renewal that it pays for')
    .argument('<invoice>', "Stripe's id")
    .option('--renewal <id>', 'to this one; left out: the matching rules choose')
    .option(...JSON_OPTION)
    .addHelpText('after', LINK_EXAMPLES)
    .action((invoiceId: string, options: Json & { renewal?: string }) => link(invoiceId, options));
  program
    .command('unlink')
    .description('take a wrong link back for good')
    .argument('<renewal>', 'its id')
    .requiredOption('--reason <sentence>', 'kept in history')
    .option(...JSON_OPTION)
    .addHelpText('after', UNLINK_EXAMPLES)
    .action((renewalId: string, options: Json & { reason: string }) => unlink(renewalId, options));
}

function link(invoiceId: string, { renewal, json = false }: Json & { renewal?: string }): Promise<void> {
  return withLedger(async ({ ledger }) => {
    const { outcome, renewalId, explanation } = await ledger.linkInvoice({ invoiceId, renewalId: renewal }, BY);
    createOutput({ json }).result(tellExplanation({ ...explanation, outcome }), { outcome, renewalId, explanation });
    const isLinked = outcome === MatchOutcome.LINKED || outcome === MatchOutcome.ALREADY_LINKED;
    if (!isLinked || (renewal !== undefined && renewalId !== renewal)) process.exitCode = 1;
  });
}

function unlink(renewalId: string, { reason, json = false }: Json & { reason: string }): Promise<void> {
  return withLedger(async ({ ledger }) => {
    await ledger.unlinkInvoice({ renewalId, reason }, BY);
    createOutput({ json }).result(`Renewal ${renewalId} is linked to no invoice now, or to another by the rules.`, {
      renewalId,
      unlinked: true,
    });
  });
}
