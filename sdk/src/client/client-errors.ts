import { SdkError } from '../errors.js';

export interface LedgerErrorFacts {
  readonly code: string;
  readonly message: string;
  /** Of the answer; null where none came. */
  readonly status: number | null;
  readonly cause?: unknown;
}

/** The ledger refused, or could not be asked. `code` is its own; the classes below are for those that it documents. */
export class LedgerError extends SdkError {
  readonly code: string;
  readonly status: number | null;

  constructor({ code, message, status, cause }: LedgerErrorFacts) {
    super(message, { cause });
    this.code = code;
    this.status = status;
  }
}

/** No API key, or one that the ledger does not know. */
export class UnauthenticatedError extends LedgerError {}

/** The API key's scope is too small. */
export class ForbiddenError extends LedgerError {}

export class NotFoundError extends LedgerError {}

/** The arguments are wrong; the message says which, and how. */
export class BadUserInputError extends LedgerError {}

/** The state of the ledger forbids the change. */
export class LinkConflictError extends LedgerError {}

/** A failure of the ledger's own; its log says more under the id that the message names. */
export class InternalServerError extends LedgerError {}

/** The ledger cannot be reached, or not answer now. It may have done what it was asked to; ask again later. */
export class UnavailableError extends LedgerError {}

const CLASSES: Readonly<Record<string, new (facts: LedgerErrorFacts) => LedgerError>> = {
  UNAUTHENTICATED: UnauthenticatedError,
  FORBIDDEN: ForbiddenError,
  NOT_FOUND: NotFoundError,
  BAD_USER_INPUT: BadUserInputError,
  LINK_CONFLICT: LinkConflictError,
  INTERNAL_SERVER_ERROR: InternalServerError,
  UNAVAILABLE: UnavailableError,
};

export function toLedgerError(facts: LedgerErrorFacts): LedgerError {
  return new (CLASSES[facts.code] ?? LedgerError)(facts);
}
