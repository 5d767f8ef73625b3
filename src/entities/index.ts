import { ApiKey } from './api-key.entity.js';
import { BackfillRecord } from './backfill-record.entity.js';
import { Backfill } from './backfill.entity.js';
import { CheckoutIntentChange } from './checkout-intent-change.entity.js';
import { CheckoutIntent } from './checkout-intent.entity.js';
import { Delivery } from './delivery.entity.js';
import { EventBody } from './event-body.entity.js';
import { EventSpan } from './event-span.entity.js';
import { Event } from './event.entity.js';
import { HandlerEndpoint } from './handler-endpoint.entity.js';
import { Invoice } from './invoice.entity.js';
import { RefusedPair } from './refused-pair.entity.js';
import { RenewalChange } from './renewal-change.entity.js';
import { Renewal } from './renewal.entity.js';
import { SubscriptionMove } from './subscription-move.entity.js';
import { Subscription } from './subscription.entity.js';

/** Every entity of the service, for the ORM's options. Code imports the class it needs from its own file. */
export const entities = [
  ApiKey,
  Backfill,
  BackfillRecord,
  CheckoutIntent,
  CheckoutIntentChange,
  Delivery,
  Event,
  EventBody,
  EventSpan,
  HandlerEndpoint,
  Invoice,
  RefusedPair,
  Renewal,
  RenewalChange,
  Subscription,
  SubscriptionMove,
];
