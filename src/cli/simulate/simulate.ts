import { type Command, Option } from 'commander';
import { readServiceAddress } from '../../config.js';
import { interruptible } from '../interrupt.js';
import { wholeNumber } from '../options.js';
import { createOutput, toTable } from '../output.js';
import { createProgress } from '../progress.js';
import { readSecret } from '../../database/secret-file.js';
import { createDice } from './dice.js';
import { planCustomers, type SimulateOptions } from './plan.js';
import { type Played, play } from './play.js';
import { createServiceClient, type ServiceAddress, ServiceCallError } from './service-client.js';

const EXAMPLES = `
Examples:
  renewal-ledger simulate
  renewal-ledger simulate --customers 200 --seed 7 --disorder high
  renewal-ledger simulate --url https://ledger.example --api-key … --webhook-secret …

The same seed plays the same lives with the same ids: a second run finds them there, and every post is a duplicate.`;

type Options = SimulateOptions & Partial<ServiceAddress> & { readonly json?: boolean };

const ROWS_SHOWN = 40;

/** Plays a realistic Stripe life against the running service, and shows what became of it. */
export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .description('play a whole Stripe life against the running service, in any disorder')
    .option('--customers <number>', 'how many', wholeNumber(1, 100_000), 20)
    .option('--seed <number>', 'repeats exactly', wholeNumber(0, 2 ** 31 - 1), 1)
    .addOption(
      new Option('--disorder <much>', 'late, twice and in any order').choices(['none', 'low', 'high']).default('high'),
    )
    .option('--url <url>', 'the service; left out: the one that runs beside this command')
    .option('--api-key <key>', 'of scope write; left out: ADMIN_API_KEY, or the generated one')
    .option('--webhook-secret <secret>', 'left out: STRIPE_WEBHOOK_SECRET, or the generated one')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => simulate(options));
}

async function simulate(options: Options): Promise<void> {
  const { json = false, disorder } = options;
  const dice = createDice(options.seed);
  const customers = planCustomers(options, dice);
  const address = await addressOf(options);
  const played = await interruptible(
    () => `Interrupted. What was played stays; the same command with --seed ${options.seed} goes on from there.`,
    (signal) =>
      play(createServiceClient(address, signal), customers, { disorder, dice, progress: createProgress({ json }) }),
  );
  const linked = played.renewals.filter(({ stripeInvoiceId }) => stripeInvoiceId !== null).length;
  const counts = { sent: played.sent, duplicate: played.duplicate, renewals: played.renewals.length, linked };
  createOutput({ json }).result(toText(played, counts), { ...counts, rows: played.renewals });
}

function toText({ renewals }: Played, counts: Readonly<Record<string, number>>): string {
  const rows = renewals.slice(0, ROWS_SHOWN).map(({ customer, id, state, effectiveDate, stripeInvoiceId }) => ({
    customer,
    renewal: id,
    date: effectiveDate?.slice(0, 10) ?? null,
    invoice: stripeInvoiceId,
    state,
  }));
  const more = renewals.length > ROWS_SHOWN ? [`… and ${renewals.length - ROWS_SHOWN} more (--json prints all)`] : [];
  const summary = `${counts['sent']} sent, ${counts['duplicate']} duplicate; ${counts['renewals']} renewals, ${counts['linked']} linked`;
  return [toTable(rows), ...more, '', summary].join('\n');
}

async function addressOf(options: Options): Promise<ServiceAddress> {
  const found = readServiceAddress();
  const kept = async (name: string) => (found.dataDir === undefined ? undefined : readSecret(found.dataDir, name));
  const apiKey = options.apiKey ?? found.adminApiKey ?? (await kept('admin-api-key'));
  const webhookSecret = options.webhookSecret ?? found.webhookSecret ?? (await kept('webhook-secret'));
  if (apiKey === undefined || webhookSecret === undefined) {
    throw new ServiceCallError(
      'No API key or webhook secret is known. Start the service here first (npm start), or give --api-key and --webhook-secret.',
    );
  }
  return { url: options.url ?? found.url, apiKey, webhookSecret };
}
