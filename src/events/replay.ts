export interface ReplayRequest {
  /** At most what one call should do; whoever has a filter looks the ids up first. */
  readonly ids: readonly string[];
  /** Only this handler's deliveries. */
  readonly handler?: string;
  /** Also deliveries that are done. */
  readonly force?: boolean;
}

export interface ReplayAnswer {
  readonly replayed: number;
  readonly refused: readonly { readonly eventId: string; readonly reason: string }[];
}

export type ReplayEvents = (request: ReplayRequest) => Promise<ReplayAnswer>;
