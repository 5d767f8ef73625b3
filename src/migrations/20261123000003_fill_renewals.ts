import { fillBatch } from './fill/fill-batch.js';
import { makeMonths } from './fill/month.js';
import { OnlineMigration } from './online-migration.js';

/**
 * Gives renewals the date and the invoice that stored events tell of, by the rules of matching as they were then: see `fill/`. In
 * batches of checkout intents, each its own transaction; what is left to choose stays empty, and what is there stays as it is. After an
 * interruption it goes on with what is still missing.
 *
 * What follows is held back: old money is no news, and `replayEvents` can release it.
 */
export class Migration20261123000003FillRenewals extends OnlineMigration {
  override async up(): Promise<void> {
    await makeMonths(this.query);
    for (let after = '0'; ;) {
      const intentIds = await this.nextIntents(after);
      const last = intentIds.at(-1);
      if (last === undefined) break;
      await this.fillIn(intentIds);
      after = last;
    }
    await this.tellWhatIsLeft();
  }

  /** What was filled in stays: the columns go with the migration that made them. */
  override down(): void {}

  private async nextIntents(after: string): Promise<string[]> {
    const rows = await this.query<{ id: string }>(
      `select distinct checkout_intent_id as id from renewal
       where (effective_date is null or stripe_invoice_id is null) and checkout_intent_id > $1::bigint order by 1 limit $2`,
      [after, BATCH],
    );
    return rows.map(({ id }) => id);
  }

  /** A batch that fails is done one by one; an intent whose own rows make it fail is left out: it must not hold up the upgrade. */
  private async fillIn(intentIds: readonly string[]): Promise<void> {
    try {
      await this.inTransaction((query) => fillBatch(query, intentIds, `migration:${NAME}`));
    } catch (error) {
      if (intentIds.length > 1) for (const id of intentIds) await this.fillIn([id]);
      else if (!isOfItsRows(error)) throw error;
    }
  }

  private async tellWhatIsLeft(): Promise<void> {
    const [left] = await this.query<{ dateless: number; unlinked: number }>(
      `select (count(*) filter (where effective_date is null))::int as dateless,
         (count(*) filter (where effective_date <= now() and stripe_invoice_id is null and state = 'SCHEDULED'))::int as unlinked
       from renewal`,
    );
    if (left === undefined || left.dateless + left.unlinked === 0) return;
    const { dateless, unlinked } = left;
    const sentence = `${dateless} renewals still have no date, and ${unlinked} that are due have no invoice: renewal-ledger backfill links --dry-run gives the reason of each.`;
    this.config.get('logger')(sentence);
  }
}

const NAME = '20261123000003_fill_renewals';
const BATCH = 50;

/** Values that PostgreSQL, or a rule, refuses: trying again cannot help. */
function isOfItsRows(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return error instanceof TypeError || error instanceof RangeError || /^2[23]/.test(String(code));
}
