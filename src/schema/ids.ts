import { isIntentId } from '../ledger/intent-name.js';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** True for what the database could have given out as the id of a renewal or an intent. Any other text is nobody's id. */
export const isRecordId = isIntentId;

export const isUuid = (text: string): boolean => UUID.test(text);
