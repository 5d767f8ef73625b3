import { HandlerMapError } from './errors.js';
import type { EventPattern } from './event-types.js';
import { assertHandlerOptions, type Handler, type HandlerOptions } from './handler.js';

/** The structural part of `ClassMethodDecoratorContext`, so that no particular `lib` is required of users. */
interface StandardMethodContext {
  readonly kind: 'method';
  readonly name: string | symbol;
  readonly static: false;
  readonly private: false;
  // oxlint-disable-next-line typescript/no-explicit-any -- a standard context is invariant in its class, and this takes methods of every class
  addInitializer(initializer: (this: any) => void): void;
}

/** A decorator for standard decorators (first signature) and TypeScript's legacy ones (second). */
export interface OnDecorator<Pattern extends EventPattern> {
  (value: Handler<Pattern>, context: StandardMethodContext): void;
  (
    target: object & { readonly prototype?: never },
    key: string | symbol,
    descriptor: { readonly value?: Handler<Pattern> },
  ): void;
}

export interface HandlerMark {
  readonly method: string | symbol;
  readonly pattern: EventPattern;
  readonly options: HandlerOptions;
}

// Symbol.for, because two installed copies of this package must read each other's marks.
const MARKS = Symbol.for('renewal-ledger.on');

/**
 * Marks a public instance method as the handler of an event type. It only records; `HandlerMap.register(instance)` registers.
 * One method may carry it several times, for several types.
 *
 * The method's parameters are checked against the type, never inferred from it: annotate them with `EventOf<…>`.
 */
export function On<Pattern extends EventPattern>(pattern: Pattern, options: HandlerOptions = {}): OnDecorator<Pattern> {
  const subject = `@On('${pattern}')`;
  assertHandlerOptions(subject, options);
  return (
    target: object,
    at: string | symbol | StandardMethodContext,
    descriptor?: { readonly value?: unknown },
  ): void => {
    if (typeof at === 'object') {
      if (at.kind !== 'method' || at.static || at.private) throw misplaced(subject);
      // Symbol.metadata is undefined in today's runtimes, so a standard decorator marks each instance as it is built.
      at.addInitializer(function (this: object) {
        addMark(this, { method: at.name, pattern, options });
      });
      return;
    }
    if (typeof target === 'function' || typeof descriptor?.value !== 'function') throw misplaced(subject);
    addMark(target, { method: at, pattern, options });
  };
}

/** What `@On` recorded for an instance, base classes first; where both mark one method for one pattern, the derived class wins. */
export function marksOf(instance: object): HandlerMark[] {
  const chain: object[] = [];
  for (let level: object | null = instance; level !== null; level = Object.getPrototypeOf(level)) chain.unshift(level);
  const found = new Map<string | symbol, Map<string, HandlerMark>>();
  for (const mark of chain.flatMap(ownMarks)) {
    const ofMethod = found.get(mark.method) ?? new Map<string, HandlerMark>();
    found.set(mark.method, ofMethod.set(mark.pattern, mark));
  }
  return [...found.values()].flatMap((ofMethod) => [...ofMethod.values()]);
}

function ownMarks(holder: object): HandlerMark[] {
  return Object.hasOwn(holder, MARKS) ? (holder as { [MARKS]: HandlerMark[] })[MARKS] : [];
}

function addMark(holder: object, mark: HandlerMark): void {
  if (!Object.hasOwn(holder, MARKS)) Object.defineProperty(holder, MARKS, { value: [] });
  ownMarks(holder).push(mark);
}

function misplaced(subject: string): HandlerMapError {
  return new HandlerMapError('MISPLACED_DECORATOR', subject, `${subject} belongs on a public instance method.`);
}
