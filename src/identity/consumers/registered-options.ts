import type { createRegistered } from "./registered.ts";

/** That callers must be registered consumers. */
export type RegisteredOptions =
  | true
  | {
      /**
       * How long an isolate goes by what the registry told it: so long somebody may go on calling who was suspended
       * elsewhere. `"1s"` to `"5m"`; `true` says `"30s"`.
       */
      readonly staleness: string;
    };

/** {@link RegisteredOptions}, compiled: times in ms. With the function that does it, which only those Workers hold. */
export interface CompiledRegistered {
  readonly staleness: number;
  readonly create: typeof createRegistered;
}
