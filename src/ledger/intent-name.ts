import type { IntentName } from './records.js';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const DECIMAL = /^[1-9][0-9]{0,18}$/;
const LARGEST_ID = 9_223_372_036_854_775_807n;

/**
 * Reads which checkout intent a subscription's metadata names: `checkout_intent_uuid`, else `checkout_intent_id`, a decimal integer.
 * A value that cannot be one names nobody; `problem` says so, for METADATA_INVALID.
 */
export function readIntentName(metadata: Readonly<Record<string, string>>): {
  name: IntentName;
  problem: string | null;
} {
  const uuid = metadata['checkout_intent_uuid']?.trim() ?? '';
  const id = metadata['checkout_intent_id']?.trim() ?? '';
  const bad = [
    ...(uuid === '' || UUID.test(uuid) ? [] : ['checkout_intent_uuid is no UUID']),
    ...(id === '' || isIntentId(id) ? [] : ['checkout_intent_id is no decimal integer']),
  ];
  return {
    name: {
      namedIntentUuid: UUID.test(uuid) ? uuid.toLowerCase() : null,
      namedIntentId: isIntentId(id) ? id : null,
    },
    problem:
      bad.length === 0 ? null : `In the subscription's metadata, ${bad.join(', and ')}: it names no checkout intent.`,
  };
}

/** True for the decimal text of a positive bigint. */
export function isIntentId(text: string): boolean {
  return DECIMAL.test(text) && BigInt(text) <= LARGEST_ID;
}
