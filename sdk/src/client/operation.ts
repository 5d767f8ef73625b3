/** How a method of the client asks: one field of Query or Mutation. */
export interface Operation {
  readonly document: string;
  /** Answers a connection. */
  readonly paged?: true;
  /** Its argument goes to GraphQL as `input`. */
  readonly input?: true;
  /** Asking again after a lost answer does no harm. */
  readonly repeatable?: true;
  /** The same, if this argument is given. */
  readonly repeatableWith?: string;
}

export type Arguments = Readonly<Record<string, unknown>>;

export function isRepeatable(operation: Operation, args: Arguments): boolean {
  if (operation.repeatable) return true;
  const needed = operation.repeatableWith;
  return needed !== undefined && args[needed] !== undefined && args[needed] !== null;
}
