/** Why an event is IGNORED: the sentences of `event.ignored_because`. Whoever ignores an event takes the reason from here. */
export const IgnoredBecause = {
  NO_HANDLER: 'No handler takes events of this type.',
  OTHER_MODE: 'The event is of the other mode; LIVEMODE says which one counts.',
  CONNECT_ACCOUNT: 'The event is of a Connect account; events of connected accounts are not handled yet.',
  THIN: 'Thin (v2) events are stored and not handled yet.',
} as const;

/** Those that `replayEvents` does not lift: the event itself is not for this service. */
export const NEVER_HANDLED: readonly string[] = [IgnoredBecause.CONNECT_ACCOUNT, IgnoredBecause.THIN];
