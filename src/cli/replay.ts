import { type Command, InvalidArgumentError, Option } from 'commander';
import { DeliveryState, EventSource, EventState } from '../entities/states.js';
import type { ReplayAnswer } from '../events/replay.js';
import { findEventIds } from '../schema/find-event-ids.js';
import { type Json, JSON_OPTION, toList, toTime, UsageError, wholeNumber } from './options.js';
import { createOutput, type Output } from './output.js';
import { withLedger } from './with-database.js';

const EXAMPLES = `
Examples:
  renewal-ledger replay evt_1Abc evt_1Def
  renewal-ledger replay --state DEAD
  renewal-ledger replay --delivery-state DEAD --handler LicenseManagerHandlers.process
  renewal-ledger replay --type renewal.paid --state IGNORED --dry-run     what an import or a backfill held back

Deliveries that are done are left alone unless --force. All that is given must hold. Exit code 1 where an event is
refused: it is not there, or its payload is erased.`;

interface Options extends Json {
  readonly type?: string[];
  readonly source?: EventSource;
  readonly state?: string[];
  readonly deliveryState?: string[];
  readonly handler?: string;
  readonly subscription?: string;
  readonly customer?: string;
  readonly invoice?: string;
  readonly checkoutIntent?: string;
  readonly occurredFrom?: Date;
  readonly occurredTo?: Date;
  readonly receivedFrom?: Date;
  readonly receivedTo?: Date;
  readonly limit: number;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('run stored events through their handlers again')
    .argument('[ids...]', 'events; left out: those that the options find')
    .option('--type <types>', 'such as renewal.paid,invoice.paid', toList)
    .addOption(new Option('--source <source>').choices(Object.values(EventSource)))
    .option('--state <states>', `of the event: ${Object.values(EventState).join(', ')}`, oneOfThese(EventState))
    .option('--delivery-state <states>', 'of a delivery, such as DEAD,WAITING', oneOfThese(DeliveryState))
    .option('--handler <name>', "only this handler's deliveries")
    .option('--subscription <id>', 'of Stripe')
    .option('--customer <id>', 'of Stripe')
    .option('--invoice <id>', 'of Stripe')
    .option('--checkout-intent <id>')
    .option('--occurred-from <time>', 'at this time or later', toTime)
    .option('--occurred-to <time>', 'before this time', toTime)
    .option('--received-from <time>', 'at this time or later', toTime)
    .option('--received-to <time>', 'before this time', toTime)
    .option('--limit <number>', 'of what is found, newest first', wholeNumber(1, 10_000), 1_000)
    .option('--force', 'also deliveries that are done')
    .option('--dry-run', 'say which events, and replay none')
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: Options) => run(ids, options));
}

function oneOfThese(states: Readonly<Record<string, string>>): (text: string) => string[] {
  return (text) => {
    const wanted = toList(text.toUpperCase());
    const unknown = wanted.find((state) => !Object.values(states).includes(state));
    if (unknown !== undefined || wanted.length === 0)
      throw new InvalidArgumentError(`It must be of: ${Object.values(states).join(', ')}.`);
    return wanted;
  };
}

function run(named: readonly string[], options: Options): Promise<void> {
  const { json = false, limit, force = false, handler, dryRun = false } = options;
  const filter = filterOf(options, named.length > 0);
  return withLedger(async ({ em, replayEvents }) => {
    const ids = await findEventIds(em.fork().getKysely(), { ids: named.length > 0 ? named : null, filter, limit });
    const output = createOutput({ json });
    if (dryRun) return output.result(`Would replay ${ids.length}:\n${ids.join('\n')}`, { dryRun, ids });
    const answer = await replayEvents({ ids, force, ...(handler !== undefined && { handler }) });
    tell(output, answer);
  });
}

function filterOf(options: Options, isNamed: boolean) {
  const filter = {
    type: options.type ?? null,
    source: options.source ?? null,
    state: (options.state as EventState[] | undefined) ?? null,
    deliveryState: (options.deliveryState as DeliveryState[] | undefined) ?? null,
    handler: options.handler ?? null,
    stripeSubscriptionId: options.subscription ?? null,
    stripeCustomerId: options.customer ?? null,
    stripeInvoiceId: options.invoice ?? null,
    checkoutIntentId: options.checkoutIntent ?? null,
    occurredFrom: options.occurredFrom ?? null,
    occurredTo: options.occurredTo ?? null,
    receivedFrom: options.receivedFrom ?? null,
    receivedTo: options.receivedTo ?? null,
  };
  const isEmpty = Object.values(filter).every((value) => value === null);
  if (isEmpty && !isNamed)
    throw new UsageError(
      'Say which events: name them, or give an option that finds them. See: renewal-ledger replay --help',
    );
  // Named events are replayed for a handler that has no delivery of them yet, too.
  const { handler: _handler, ...others } = filter;
  const isOnlyHandler = Object.values(others).every((value) => value === null);
  return isEmpty || (isNamed && isOnlyHandler) ? null : filter;
}

function tell(output: Output, { replayed, refused }: ReplayAnswer): void {
  for (const { eventId, reason } of refused) output.remark(`${eventId} is refused: ${reason}`);
  output.result(`Replayed ${replayed}, refused ${refused.length}.`, { replayed, refused });
  if (refused.length > 0) process.exitCode = 1;
}
