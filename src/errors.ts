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

/** The embedded PostgreSQL cannot be set up or started. PostgreSQL's own last words are in the message. */
export class EmbeddedPostgresError extends LedgerError {
  readonly code = 'EMBEDDED_POSTGRES_FAILED';
}

/** Another process runs on this data directory; it was left alone. */
export class DataDirectoryInUseError extends LedgerError {
  readonly code = 'DATA_DIR_IN_USE';

  constructor(
    readonly directory: string,
    readonly pid: number | undefined,
  ) {
    const holder = pid === undefined ? 'Another renewal-ledger' : `Another renewal-ledger (process ${pid})`;
    super(`${holder} already runs on ${directory}. Stop it first, or set DATA_DIR to a directory of its own.`);
  }
}

/** A command needs a database, and neither an address nor a running service names one. */
export class NoDatabaseError extends LedgerError {
  readonly code = 'NO_DATABASE';

  constructor(readonly dataDir: string) {
    super(`No database runs in ${dataDir}. Start the service beside this command (npm start), or set DATABASE_URL.`);
  }
}

/** A failure that whoever asked has caused and can mend: its code and sentence are told to them as they are. */
export abstract class CallerError extends LedgerError {}

/** What was asked for by its id is not there. */
export class NotFoundError extends CallerError {
  readonly code = 'NOT_FOUND';
}

/** What was sent cannot be taken; the sentence says which part, and what it may be. */
export class BadInputError extends CallerError {
  readonly code = 'BAD_USER_INPUT';
}

/** The state forbids the change. */
export class LinkConflictError extends CallerError {
  readonly code = 'LINK_CONFLICT';
}

/** No API key, or none that counts. */
export class UnauthenticatedError extends CallerError {
  readonly code = 'UNAUTHENTICATED';
}

/** The API key's scope is too small. */
export class ForbiddenError extends CallerError {
  readonly code = 'FORBIDDEN';
}

/** The database that DATABASE_URL names cannot be used. */
export class DatabaseAwayError extends LedgerError {
  readonly code = 'DATABASE_AWAY';

  constructor(cause: Error) {
    const { code } = cause as { code?: string };
    super(
      `The database that DATABASE_URL names cannot be used (${code ?? 'no answer'}). Check that it runs, and its address, user, password and database.`,
      { cause },
    );
  }
}

/** The address that we are to listen on cannot be had. */
export class ListenError extends LedgerError {
  readonly code = 'LISTEN_FAILED';

  constructor(
    readonly address: Readonly<{ host: string; port: number }>,
    cause: unknown,
  ) {
    const { code } = cause as { code?: string };
    const advice =
      code === 'EADDRINUSE'
        ? 'Stop what listens there, or set PORT.'
        : 'Set HOST and PORT to an address of this machine.';
    super(`${address.host} port ${address.port} cannot be listened on (${code}). ${advice}`, { cause });
  }
}
