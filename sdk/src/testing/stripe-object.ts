import { createHash } from 'node:crypto';

/** Stripe's two layouts: that of API version 2025-03-31.basil and later, and the one before it. */
export type Layout = 'basil' | 'legacy';

export const API_VERSIONS: Readonly<Record<Layout, string>> = { basil: '2025-03-31.basil', legacy: '2024-06-20' };

/** A Stripe object as it stands in JSON. */
export interface StripeObject {
  readonly id: string;
  readonly object: string;
  readonly [field: string]: unknown;
}

/** An id in Stripe's shape that is the same for the same parts, in every run. */
export function stableId(prefix: string, ...parts: unknown[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return `${prefix}_1${digest.slice(0, 23)}`;
}
