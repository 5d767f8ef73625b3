import type { ZodError } from 'zod';
import { LedgerError } from '../errors.js';
import type { SourceRecord } from './source.js';

/** Where a record stands, in words for whoever has to find it. */
export interface Place {
  readonly line: number;
  readonly index: number;
  /** `customer_billing.checkoutintent, pk 17`; empty where the record does not say. */
  readonly name: string;
}

export interface ImportProblem extends Place {
  /** The path to the field, such as `fields.state`; null where the record as a whole is meant. */
  readonly field: string | null;
  readonly message: string;
}

const SHOWN = 20;

/** A file that cannot be imported. Nothing of it was written. */
export class ImportRefusedError extends LedgerError {
  readonly code = 'IMPORT_REFUSED';

  /** `problems` are the first ones, `total` counts them all. */
  constructor(
    readonly problems: readonly ImportProblem[],
    readonly total: number,
  ) {
    const told = problems.slice(0, SHOWN).map((problem) => `  - ${toSentence(problem)}`);
    const more = total > told.length ? [`  … and ${total - told.length} more`] : [];
    const count = total === 1 ? 'one problem' : `${total} problems`;
    super(`Nothing was imported: the file has ${count}.\n${[...told, ...more].join('\n')}`);
  }
}

/** Collects what is wrong with a file: all is counted, the first are kept. */
export class Problems {
  readonly #kept: ImportProblem[] = [];
  #total = 0;

  add(place: Place, field: string | null, message: string): void {
    this.#total += 1;
    if (this.#kept.length < SHOWN * 5) this.#kept.push({ ...place, field, message });
  }

  addAll(place: Place, { issues }: ZodError): void {
    for (const { path, message } of issues) this.add(place, path.length === 0 ? null : path.join('.'), message);
  }

  /** @throws ImportRefusedError where there are any, in the order of the file. */
  assertNone(): void {
    if (this.#total > 0)
      throw new ImportRefusedError(
        this.#kept.toSorted((a, b) => a.index - b.index),
        this.#total,
      );
  }
}

export function placeOf({ line, index, value }: SourceRecord): Place {
  return { line, index, name: nameOf((value ?? {}) as Record<string, unknown>) };
}

function nameOf({ model, pk, kind, id, subscriptionPlanRenewalId }: Record<string, unknown>): string {
  const key = pk ?? id ?? subscriptionPlanRenewalId;
  const ofRecord = model ?? kind;
  if (typeof ofRecord !== 'string') return '';
  return ['string', 'number'].includes(typeof key)
    ? `${ofRecord.slice(0, 80)}, ${model === undefined ? 'id' : 'pk'} ${String(key).slice(0, 80)}`
    : ofRecord.slice(0, 80);
}

function toSentence({ line, index, name, field, message }: ImportProblem): string {
  const record = name === '' ? `record ${index}` : `record ${index} (${name})`;
  return `line ${line}, ${record}${field === null ? '' : `, ${field}`}: ${message}`;
}
