import 'reflect-metadata';
import { StripeModule, StripeWebhookHandler } from '@golevelup/nestjs-stripe';
import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import pg from 'pg';
import type { Stripe } from 'stripe';
import { setUp } from './set-up.js';

const { databaseUrl, secret } = setUp();
const pool = new pg.Pool({ connectionString: databaseUrl });

/** Keeps every event before it is answered, which is the least that makes a webhook safe. */
@Injectable()
class EventKeeper {
  constructor(@Inject('POOL') private readonly database: pg.Pool) {}

  @StripeWebhookHandler('invoice.paid')
  async keep(event: Stripe.Event): Promise<void> {
    await this.database.query(
      'insert into stripe_event (id, type, payload) values ($1, $2, $3) on conflict (id) do nothing',
      [event.id, event.type, JSON.stringify(event)],
    );
  }
}

// As its README says: the raw body beside the parsed one.
@Module({
  imports: [
    StripeModule.forRoot({
      apiKey: 'sk_test_of_the_bench',
      webhookConfig: { stripeSecrets: { account: secret, accountTest: secret }, requestBodyProperty: 'rawBody' },
    }),
  ],
  providers: [EventKeeper, { provide: 'POOL', useValue: pool }],
})
class AppModule {}

await pool.query(
  'create table stripe_event (id text primary key, type text not null, payload jsonb not null, received_at timestamptz not null default now())',
);
const app = await NestFactory.create<NestExpressApplication>(AppModule, { rawBody: true, logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
console.log(await app.getUrl());
