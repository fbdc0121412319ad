// What tests and the stage say to each other.
import type { ScriptedAnswer } from "./transcript.ts";

/** What comes next, as the test tells it. */
export interface Scene {
  readonly example: string;
  /** ms since the epoch. */
  readonly now: number;
  readonly answers: readonly ScriptedAnswer[];
  /** The issuer's JWK set. */
  readonly keys: unknown;
  /** Callers' own programs are run in it: time goes on, and upstreams answer with what they were asked. */
  readonly isLive: boolean;
}

/** A request that reached an upstream. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: string;
}

/** Marks what is said to the stage and not to the gateway. */
export const STAGE_HEADER = "x-stage";
