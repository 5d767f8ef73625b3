import { registerEnumType } from 'type-graphql';
import {
  BackfillKind,
  BackfillState,
  CheckoutIntentState,
  DeliveryState,
  EventSource,
  EventState,
  LinkedBy,
  RenewalState,
} from '../../entities/states.js';
import { MatchOutcome } from '../../ledger/records.js';

registerEnumType(CheckoutIntentState, {
  name: 'CheckoutIntentState',
  description:
    'How far a checkout has come. Which state may follow which is refused or accepted by updateCheckoutIntent.',
  valuesConfig: {
    CREATED: { description: 'Begun; nothing is paid.' },
    PAID: { description: "The first invoice of its subscription is paid, be it the trial's of zero." },
    FULFILLED: { description: 'The customer has what was bought.' },
    ERRORED_BACKOFFICE: { description: 'Paid; the back office failed.' },
    ERRORED_FULFILLMENT_STALLED: { description: 'Paid; fulfilment does not go on.' },
    ERRORED_PROVISIONING: { description: 'Paid; provisioning failed.' },
    EXPIRED: { description: 'Given up. A payment that comes later still wins.' },
  },
});

registerEnumType(RenewalState, {
  name: 'RenewalState',
  valuesConfig: {
    SCHEDULED: { description: 'Waiting for its invoice.' },
    LINKED: { description: 'Its invoice exists and is not paid.' },
    PAID: { description: 'Its invoice is paid; processing has not finished.' },
    PROCESSED: { description: 'Its invoice is paid, and processing has finished.' },
    CANCELED: { description: 'Canceled while neither paid nor processed.' },
  },
});

registerEnumType(LinkedBy, {
  name: 'LinkedBy',
  description: 'Who linked an invoice to a renewal.',
  valuesConfig: {
    RULE: { description: 'The matching rules. Derived anew until the invoice is paid.' },
    PERSON: { description: 'A call of the API. It stands.' },
    BACKFILL: { description: 'A backfill. Derived anew until the invoice is paid.' },
    IMPORT: { description: 'An import from another system. It stands.' },
  },
});

registerEnumType(EventSource, {
  name: 'EventSource',
  valuesConfig: {
    STRIPE: { description: "A webhook of Stripe's." },
    LEDGER: { description: 'Raised by this service: renewal.paid and the like.' },
  },
});

registerEnumType(EventState, {
  name: 'EventState',
  description: "The worst of its deliveries' states: DEAD, RETRYING, WAITING, PENDING, HANDLED.",
  valuesConfig: {
    PENDING: { description: 'Stored; at least one handler has not run.' },
    HANDLED: { description: 'Every handler has finished.' },
    WAITING: { description: 'At least one handler waits for something that has not arrived.' },
    RETRYING: { description: 'At least one handler failed and will be tried again.' },
    DEAD: { description: 'At least one handler has given up.' },
    IGNORED: { description: 'Kept and not handled; ignoredBecause says why.' },
  },
});

registerEnumType(DeliveryState, {
  name: 'DeliveryState',
  valuesConfig: {
    PENDING: { description: 'Not run yet.' },
    DONE: { description: 'Finished. replayEvents leaves it alone unless it is forced.' },
    WAITING: { description: 'Waits for what waitingFor names, and runs again when it comes.' },
    RETRYING: { description: 'Failed; runs again at nextTryAt.' },
    DEAD: { description: 'Given up after its last try; replayEvents runs it again.' },
    SKIPPED: { description: 'Its handler is gone.' },
  },
});

registerEnumType(MatchOutcome, {
  name: 'MatchOutcome',
  valuesConfig: {
    LINKED: { description: 'The invoice is linked to the renewal.' },
    ALREADY_LINKED: { description: 'The invoice has a link; renewal says where.' },
    CONFLICT: { description: 'The renewal that it matches is linked to another invoice.' },
    NO_RENEWAL: { description: "No renewal is near enough to its billing period's start." },
    AMBIGUOUS: { description: 'Two renewals match equally well; nothing is guessed.' },
    NOT_A_RENEWAL: {
      description:
        "Not an invoice that pays for a renewal: one-off, proration only, a trial's first, a change of plan.",
    },
    INCOMPLETE: { description: 'Its payload holds only some of its lines, and the rest could not be fetched.' },
  },
});

registerEnumType(BackfillKind, {
  name: 'BackfillKind',
  valuesConfig: {
    RENEWAL_LINKS: {
      description: 'stripeInvoiceId and effectiveDate on renewals that lack them, from stored events.',
    },
    STRIPE_EVENTS: { description: "Events that Stripe has and this service lacks, from Stripe's events API." },
  },
});

registerEnumType(BackfillState, {
  name: 'BackfillState',
  valuesConfig: {
    RUNNING: { description: 'At work, or waiting for a worker that takes it up.' },
    DONE: { description: 'Come to its end.' },
    CANCELED: { description: 'Stopped by cancelBackfill; what it had done stands.' },
    FAILED: { description: 'It cannot go on; lastError says why.' },
  },
});
