import type { RegisteredHandler } from '@renewal-ledger/sdk';

/** The handlers that this process knows; the SDK's `HandlerMap` is one. */
export interface HandlerSource {
  handlers(): readonly RegisteredHandler[];
  handlersFor(type: string): readonly RegisteredHandler[];
}

/** Handlers that come and go while the process runs. What is read counts once it is taken. */
export interface ChangingSource extends HandlerSource {
  read(): Promise<readonly RegisteredHandler[]>;
  take(handlers: readonly RegisteredHandler[]): void;
}

/** Several as one; a name in two of them would be one delivery for two handlers. */
export function mergeSources(...sources: readonly HandlerSource[]): HandlerSource {
  const all = sources.flatMap((source) => source.handlers());
  const twice = all.find(
    ({ name }, index) => all.findIndex((other) => other.name === name) < index && !isSameIn(sources, name),
  );
  if (twice !== undefined) throw new Error(`Two handlers are named ${twice.name}; give one of them another name.`);
  return {
    handlers: () => sources.flatMap((source) => source.handlers()),
    handlersFor: (type) => sources.flatMap((source) => source.handlersFor(type)),
  };
}

/** One handler may stand several times in its own source, once for each of its patterns. */
function isSameIn(sources: readonly HandlerSource[], name: string): boolean {
  return sources.filter((source) => source.handlers().some((handler) => handler.name === name)).length === 1;
}
