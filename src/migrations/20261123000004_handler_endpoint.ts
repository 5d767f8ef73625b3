import { Migration } from '@mikro-orm/migrations';
import { refuseDown } from './refuse-down.js';

/** Sibling services that take deliveries over HTTP. */
export class Migration20261123000004HandlerEndpoint extends Migration {
  override up(): void {
    this.addSql(`create table if not exists "handler_endpoint" (
      "id" bigserial primary key,
      "name" text not null,
      "url" text not null,
      "event_types" text[] not null,
      "enabled" boolean not null default true,
      "secret" text not null,
      "previous_secret" text null,
      "previous_secret_until" timestamptz null,
      "created_at" timestamptz not null default now(),
      constraint "handler_endpoint_name_unique" unique ("name"))`);
  }

  override async down(): Promise<void> {
    await refuseDown(this, {
      rows: 'select id from "handler_endpoint"',
      because: 'people made endpoints, with secrets that their services know. Delete the endpoints first.',
    });
    this.addSql('drop table if exists "handler_endpoint"');
  }
}
