import { HandlerMapError } from './errors.js';
import { type AnyEvent, type EventPattern, patternCovers } from './event-types.js';
import type { HandlerContext } from './handler-context.js';
import { assertHandlerOptions, type Handler, type HandlerOptions, type HandlerResult } from './handler.js';
import { LEDGER_EVENT_TYPES } from './ledger-events.js';
import { marksOf } from './on.js';
import type { WaitFor } from './outcomes.js';
import { STRIPE_EVENT_TYPES } from './stripe-event-types.js';

/** One handler for one pattern. A handler with several patterns stands in the map once for each, under one name. */
export interface RegisteredHandler {
  /** `Class.method`, or the name given to `on`. Deliveries are stored under it: renaming one makes it another handler. */
  readonly name: string;
  readonly pattern: string;
  readonly options: HandlerOptions;
  run(event: AnyEvent, ctx: HandlerContext): Promise<WaitFor | void>;
}

type AnyHandler = (event: never, ctx: HandlerContext) => HandlerResult;

interface Entry extends RegisteredHandler {
  /** What must be the same for a name to take one more pattern: the function, or the instance. */
  readonly owner: object;
}

/** Which handlers take which events. Filled while a service starts; the first look-up closes it. */
export class HandlerMap {
  readonly #entries: Entry[] = [];
  #closed = false;

  /** Takes every `@On` method of an instance. `name` replaces the class's name, which a minifier may change. */
  register(instance: object, { name = instance.constructor?.name }: { readonly name?: string } = {}): this {
    const marks = marksOf(instance);
    if (marks.length === 0) throw noHandlers(instance, name);
    if (!name)
      throw new HandlerMapError(
        'NAME_MISSING',
        'class',
        'A class without a name needs one: register(instance, { name: … }).',
      );
    for (const { method, pattern, options } of marks) {
      const run = (event: AnyEvent, ctx: HandlerContext) =>
        (instance as Record<string | symbol, AnyHandler>)[method]!(event as never, ctx);
      this.#add({
        name: `${name}.${String(method)}`,
        pattern,
        options,
        run: async (event, ctx) => run(event, ctx),
        owner: instance,
      });
    }
    return this;
  }

  /** Takes one function. Its name is the one given, else the function's own, else the pattern. */
  on<Pattern extends EventPattern>(
    pattern: Pattern,
    handler: Handler<Pattern>,
    { name = handler.name || pattern, ...options }: HandlerOptions & { readonly name?: string } = {},
  ): this {
    assertHandlerOptions(name, options);
    const run = handler as unknown as (event: AnyEvent, ctx: HandlerContext) => HandlerResult;
    this.#add({ name, pattern, options, run: async (event, ctx) => run(event, ctx), owner: handler });
    return this;
  }

  handlers(): readonly RegisteredHandler[] {
    return this.#entries;
  }

  /** The handlers of a type, each once: where several of its patterns cover the type, by the longest. Closes the map. */
  handlersFor(type: string): readonly RegisteredHandler[] {
    this.#closed = true;
    const byName = new Map<string, RegisteredHandler>();
    for (const entry of this.#entries) {
      if (!patternCovers(entry.pattern, type)) continue;
      const other = byName.get(entry.name);
      if (other === undefined || other.pattern.length < entry.pattern.length) byName.set(entry.name, entry);
    }
    return [...byName.values()];
  }

  /**
   * The types that the handlers need, sorted. `customer.subscription.*` is written out by what is known of Stripe's and the
   * ledger's types, because Stripe's endpoint settings know no prefixes; a handler of everything gives `['*']`.
   */
  eventTypes(): string[] {
    const patterns = new Set(this.#entries.map((entry) => entry.pattern));
    if (patterns.has('*')) return ['*'];
    return [...new Set([...patterns].flatMap(expand))].toSorted();
  }

  /** `eventTypes()` without the ledger's: what to set as `enabled_events` of Stripe's endpoint. Types that you emit yourself stay in. */
  stripeEventTypes(): string[] {
    const ledgers: readonly string[] = LEDGER_EVENT_TYPES;
    return this.eventTypes().filter((type) => !ledgers.includes(type));
  }

  #add(entry: Entry): void {
    if (this.#closed) {
      throw new HandlerMapError(
        'REGISTRATION_CLOSED',
        entry.name,
        `${entry.name} comes too late: register every handler before the first event.`,
      );
    }
    const namesakes = this.#entries.filter((other) => other.name === entry.name);
    if (namesakes.some((other) => other.owner !== entry.owner || other.pattern === entry.pattern)) {
      throw new HandlerMapError(
        'DUPLICATE_HANDLER',
        entry.name,
        `There is a handler named ${entry.name} already; give this one another name.`,
      );
    }
    this.#entries.push(entry);
  }
}

function expand(pattern: string): readonly string[] {
  if (!pattern.endsWith('.*')) return [pattern];
  const known = [...STRIPE_EVENT_TYPES, ...LEDGER_EVENT_TYPES].filter((type) => patternCovers(pattern, type));
  return known.length > 0 ? known : [pattern];
}

function noHandlers(instance: object, name: string | undefined): HandlerMapError {
  const subject = typeof instance === 'function' ? instance.name : (name ?? 'object');
  const remedy =
    typeof instance === 'function'
      ? `pass an instance: register(new ${subject}())`
      : 'mark at least one method with @On';
  return new HandlerMapError('NO_HANDLERS', subject, `${subject} has no handlers; ${remedy}.`);
}
