/** Every failure that this package raises on purpose. `code` is stable across releases; `message` is for people and may change. */
export abstract class SdkError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

export type HandlerMapErrorCode =
  | 'DUPLICATE_HANDLER'
  | 'INVALID_OPTION'
  | 'MISPLACED_DECORATOR'
  | 'NAME_MISSING'
  | 'NO_HANDLERS'
  | 'REGISTRATION_CLOSED';

/** A handler map was put together wrongly. Raised while it is built, so that a service does not start with it. */
export class HandlerMapError extends SdkError {
  constructor(
    readonly code: HandlerMapErrorCode,
    /** The handler or class that it is about. */
    readonly subject: string,
    message: string,
  ) {
    super(message);
  }
}

/** `waitFor` was given a key that nobody will ever signal. */
export class InvalidWaitKeyError extends SdkError {
  readonly code = 'INVALID_WAIT_KEY';

  constructor(readonly key: string) {
    super(
      `"${key.slice(0, 80)}" cannot be waited for; use invoice:<id>, subscription:<id>, renewal:<id> or link:<invoice id>.`,
    );
  }
}

/** `ctx.write` was called where there is no ledger's database: in a sibling service, or in a test that gave none. */
export class WriteUnavailableError extends SdkError {
  readonly code = 'WRITE_UNAVAILABLE';

  constructor() {
    super(
      'ctx.write works only inside the ledger service; here, write to your own database and use ctx.deliveryKey to write once.',
    );
  }
}

/** A secret for `receive` that is not one: nothing could ever be verified by it. The secret itself is not repeated. */
export class InvalidSecretError extends SdkError {
  readonly code = 'INVALID_SECRET';

  constructor() {
    super(
      'A secret of receive() is no Standard Webhooks secret; pass it as registerHandlerEndpoint showed it: whsec_ and base64.',
    );
  }
}
