/** The states of a checkout intent; which may follow which: `ledger/intent-states.ts`. */
export enum CheckoutIntentState {
  CREATED = 'CREATED',
  PAID = 'PAID',
  FULFILLED = 'FULFILLED',
  ERRORED_BACKOFFICE = 'ERRORED_BACKOFFICE',
  ERRORED_FULFILLMENT_STALLED = 'ERRORED_FULFILLMENT_STALLED',
  ERRORED_PROVISIONING = 'ERRORED_PROVISIONING',
  EXPIRED = 'EXPIRED',
}

export enum RenewalState {
  SCHEDULED = 'SCHEDULED',
  LINKED = 'LINKED',
  PAID = 'PAID',
  PROCESSED = 'PROCESSED',
  CANCELED = 'CANCELED',
}

export enum LinkedBy {
  RULE = 'RULE',
  PERSON = 'PERSON',
  BACKFILL = 'BACKFILL',
  IMPORT = 'IMPORT',
}

export enum EventSource {
  STRIPE = 'STRIPE',
  LEDGER = 'LEDGER',
}

export enum EventState {
  PENDING = 'PENDING',
  HANDLED = 'HANDLED',
  WAITING = 'WAITING',
  RETRYING = 'RETRYING',
  DEAD = 'DEAD',
  IGNORED = 'IGNORED',
}

export enum DeliveryState {
  PENDING = 'PENDING',
  DONE = 'DONE',
  WAITING = 'WAITING',
  RETRYING = 'RETRYING',
  DEAD = 'DEAD',
  SKIPPED = 'SKIPPED',
}

export enum ApiKeyScope {
  read = 'read',
  write = 'write',
  admin = 'admin',
}

export enum BackfillKind {
  RENEWAL_LINKS = 'RENEWAL_LINKS',
  STRIPE_EVENTS = 'STRIPE_EVENTS',
}

export enum BackfillState {
  RUNNING = 'RUNNING',
  DONE = 'DONE',
  CANCELED = 'CANCELED',
  FAILED = 'FAILED',
}
