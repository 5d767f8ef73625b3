/**
 * Every failure that the service raises on purpose. `code` is stable across releases, the message is not: it is a
 * sentence that tells a person what to do, and never holds a secret, a key or a payload.
 */
export abstract class LedgerError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Raised before anything is opened, with every bad variable at once. */
export class ConfigInvalidError extends LedgerError {
  readonly code = 'CONFIG_INVALID';

  constructor(readonly problems: readonly string[]) {
    super(`The environment cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}
