import type { JSONWebKeySet } from "jose";
import type { KeyedContext, RequestContext } from "../context.ts";
import type { Refusal } from "../errors/refusal.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { FetchKeySet } from "./keys/fetch-key-set.ts";
import { createRemoteKeySet } from "./keys/remote-key-set.ts";
import type { SharedKeySets } from "./keys/shared-key-sets.ts";
import type { VerificationKey } from "./keys/verification-key.ts";

/** Where keys are fetched from. */
export type RemoteKeySource =
  | { readonly url: string }
  | { readonly upstream: Upstream; readonly path: string }
  /** Address of the issuer's metadata, which say where its keys are. */
  | { readonly discovery: string; readonly issuer: string };

/** Where an issuer's keys come from. */
export type KeySource =
  | { readonly inline: JSONWebKeySet }
  | RemoteKeySource
  /** A secret shared with the issuer; its UTF-8 bytes are the key. */
  | { readonly secret: string };

/** The request that keys are for: a fetch takes its time and its connections. */
export type KeySetCaller = RequestContext | KeyedContext;

/** An issuer's keys as they are known in this isolate. */
export interface KeySet {
  /** Until then keys may be used without asking {@link load} again. Ms since the epoch. */
  readonly freshUntil: number;
  /** The keys: at once where they are known, else after a fetch. A refusal where there are none to be had. */
  load(ctx: KeySetCaller): Keys | Refusal | Promise<Keys | Refusal>;
  /**
   * When none of the keys `seen` would do: the keys known since, or those of one new fetch.
   * Undefined where another fetch is not due yet.
   */
  reload(seen: Keys, ctx: KeySetCaller): Promise<Keys | undefined>;
}

export type Keys = readonly VerificationKey[];

/** The key sets of an isolate, one for each place that keys are fetched from. */
export interface KeySets {
  open(source: RemoteKeySource): KeySet;
}

/** What {@link createKeySets} works with. */
export interface KeySetsDeps {
  readonly now: () => number;
  readonly fetchKeySet: FetchKeySet;
  /** A second tier, so that a cold isolate need not ask the issuer. */
  readonly shared?: SharedKeySets;
}

/** Makes the key sets of an isolate. */
export function createKeySets(deps: KeySetsDeps): KeySets {
  const sets = new Map<string, KeySet>();
  return {
    open(source) {
      const id = idOf(source);
      let set = sets.get(id);
      if (set === undefined) {
        set = createRemoteKeySet(id, source, deps);
        sets.set(id, set);
      }
      return set;
    },
  };
}

function idOf(source: RemoteKeySource): string {
  if ("url" in source) return source.url;
  if ("discovery" in source) return `discovery:${source.discovery} ${source.issuer}`;
  return `upstream:${source.upstream.name} ${source.path}`;
}
