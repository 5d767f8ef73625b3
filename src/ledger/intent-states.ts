import { CheckoutIntentState } from '../entities/states.js';

const { CREATED, PAID, FULFILLED, ERRORED_BACKOFFICE, ERRORED_FULFILLMENT_STALLED, ERRORED_PROVISIONING, EXPIRED } =
  CheckoutIntentState;

const FOLLOWERS: Readonly<Record<CheckoutIntentState, readonly CheckoutIntentState[]>> = {
  [CREATED]: [PAID, EXPIRED],
  [PAID]: [FULFILLED, ERRORED_BACKOFFICE, ERRORED_FULFILLMENT_STALLED, ERRORED_PROVISIONING],
  [FULFILLED]: [],
  [ERRORED_BACKOFFICE]: [FULFILLED],
  [ERRORED_FULFILLMENT_STALLED]: [FULFILLED],
  [ERRORED_PROVISIONING]: [FULFILLED],
  // A payment that comes after the checkout expired has won.
  [EXPIRED]: [CREATED, PAID],
};

/** The states that may follow one. */
export function followersOf(state: CheckoutIntentState): readonly CheckoutIntentState[] {
  return FOLLOWERS[state];
}
