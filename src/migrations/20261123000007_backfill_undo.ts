import { Migration } from '@mikro-orm/migrations';
import { refuseDown } from './refuse-down.js';

/** Where a backfill that is taken back batch by batch stands, and which intents it has filled before their turn. */
export class Migration20261123000007BackfillUndo extends Migration {
  override up(): void {
    this.addSql(`alter table "backfill"
      add column if not exists "ahead" bigint[] not null default '{}',
      add column if not exists "undo_cursor" bigint null,
      add column if not exists "undo_by" text null`);
    this.addSql(
      `create index if not exists "backfill_undoing_index" on "backfill" ("progressed_at") where undo_cursor is not null`,
    );
  }

  override async down(): Promise<void> {
    await refuseDown(this, {
      rows: `select id from "backfill" where undo_cursor is not null`,
      because: 'backfills are being undone, and nobody would go on with it. Let the workers finish first.',
    });
    this.addSql('drop index if exists "backfill_undoing_index"');
    this.addSql(`alter table "backfill"
      drop column if exists "ahead", drop column if exists "undo_cursor", drop column if exists "undo_by"`);
  }
}
