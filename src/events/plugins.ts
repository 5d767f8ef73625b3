import { createRequire, registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HandlerMap, HandlerMapError } from '@renewal-ledger/sdk';
import { LedgerError } from '../errors.js';
import { type HandlerSource, mergeSources } from './handler-source.js';

/** A module that HANDLERS names cannot be used. The start stops: better none than one that leaves handlers out. */
export class PluginError extends LedgerError {
  readonly code = 'PLUGIN_INVALID';

  constructor(
    readonly module: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`HANDLERS names ${module}, which cannot be used: ${reason}`, options);
  }
}

/**
 * Loads the modules that `HANDLERS` names: paths from the working directory, or packages that are installed there. Each exports handler
 * classes, which are built without arguments, or whole handler maps; other exports are left alone.
 */
export async function loadPlugins(modules: readonly string[], directory: string): Promise<HandlerSource> {
  const sources: HandlerSource[] = [];
  for (const module of modules) sources.push(await loadPlugin(module, directory));
  try {
    return mergeSources(...sources);
  } catch (cause) {
    throw new PluginError(modules.join(', '), messageOf(cause), { cause });
  }
}

async function loadPlugin(module: string, directory: string): Promise<HandlerSource> {
  try {
    const exported = (await import(locate(module, directory))) as Record<string, unknown>;
    return sourceOf(new Set(Object.values(exported)));
  } catch (cause) {
    throw new PluginError(module, messageOf(cause), { cause });
  }
}

function locate(module: string, directory: string): string {
  const isPath = module.startsWith('.') || module.startsWith('/');
  return pathToFileURL(isPath ? resolve(directory, module) : locatePackage(module, directory)).href;
}

/** By the conditions of an import: a package of ES modules may have no others. */
function locatePackage(name: string, directory: string): string {
  const asImport = (condition: string) => (condition === 'require' ? 'import' : condition);
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: context.conditions.map(asImport) }),
  });
  try {
    return createRequire(resolve(directory, 'package.json')).resolve(name);
  } finally {
    hooks.deregister();
  }
}

function sourceOf(exported: ReadonlySet<unknown>): HandlerSource {
  const maps = [...exported].filter(isHandlerMap);
  const registered = new Set(maps.flatMap((map) => map.handlers()).map(({ name }) => name));
  // A class may be exported beside the map that has it.
  const classes = [...exported]
    .filter(isBuildable)
    .map(mapOf)
    .filter((map) => !map.handlers().some(({ name }) => registered.has(name)));
  const source = mergeSources(...maps, ...classes);
  if (source.handlers().length === 0) throw new Error('it exports no class with an @On method, and no HandlerMap.');
  return source;
}

/** Whether a class has handlers is known only of an instance: with standard decorators each is marked as it is built. */
function mapOf(Exported: new () => object): HandlerMap {
  const instance = build(Exported);
  try {
    return new HandlerMap().register(instance);
  } catch (error) {
    if (error instanceof HandlerMapError && error.code === 'NO_HANDLERS') return new HandlerMap();
    throw error;
  }
}

function build(Exported: new () => object): object {
  try {
    return new Exported();
  } catch (cause) {
    throw new Error(`its class ${Exported.name} cannot be built without arguments (${messageOf(cause)}).`, { cause });
  }
}

/** By its shape: a plugin may bring its own copy of the SDK. */
function isHandlerMap(value: unknown): value is HandlerSource {
  const { handlers, handlersFor } = (value ?? {}) as Partial<HandlerSource>;
  return typeof value === 'object' && typeof handlers === 'function' && typeof handlersFor === 'function';
}

function isBuildable(value: unknown): value is new () => object {
  return (
    typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value)) && !isErrorClass(value)
  );
}

function isErrorClass(value: object): boolean {
  return Error.prototype.isPrototypeOf((value as { prototype?: object }).prototype ?? {});
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
