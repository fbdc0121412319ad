/** The gateway refused, cannot be reached, or what was to be sent to it is wrong. The message says why. */
export class Failure extends Error {}

/** What somebody else has changed since the caller looked. */
export class Stale extends Failure {}
