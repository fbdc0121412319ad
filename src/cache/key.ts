import type { Identity } from "../identity/identity.ts";
import type { Variant } from "./vary.ts";

/** Where the keys live: a name that can never be a host of anybody's (RFC 6761 §6.4). `v1` is the form of entries. */
const BASE = "https://cache.isogate.invalid/v1/";
/** Longer keys are hashed, in characters. */
const LONGEST = 1_024;
/** Claims that differ from token to token of one caller and mean nothing to an answer. */
const OF_THE_TOKEN: ReadonlySet<string> = new Set(["exp", "iat", "jti", "nbf"]);

/** Everything that a stored response may depend on, but for negotiation (see {@link variantKey}). */
export interface KeyInputs {
  readonly scheme: string;
  readonly host: string;
  readonly route: string;
  readonly path: string;
  readonly search: string;
  /** Values of the key's header fields, in the order the route declares; null where absent. */
  readonly headers: ReadonlyArray<string | null>;
  /** From {@link identityKey}; null where the route is not keyed per identity. */
  readonly identity: string | null;
}

/** The key under which a request's response is stored: different for different inputs, whatever they contain. */
export function primaryKey(inputs: KeyInputs): string | Promise<string> {
  const { scheme, host, route, path, search, headers, identity } = inputs;
  return keyUrl(["response", scheme, host, route, path, search, identity, headers]);
}

/** The key of a further variant of a response, beside the one under its primary key. */
export function variantKey(primary: string, variant: Variant): string | Promise<string> {
  return keyUrl(["variant", primary, variant]);
}

const identityKeys = new WeakMap<Identity, string>();

/**
 * An identity as part of a key: not its id alone but all that the origin may be told of it, so that a token with
 * fewer scopes is never given what was made for one with more. Remembered with the identity, which is frozen.
 */
export function identityKey(identity: Identity): string {
  let key = identityKeys.get(identity);
  if (key === undefined) {
    const { id, credential, consumer, plan, roles, scopes, claims } = identity;
    const lasting = Object.entries(claims).filter(([name]) => !OF_THE_TOKEN.has(name));
    key = JSON.stringify([id, credential, consumer, plan, roles, scopes, lasting]);
    identityKeys.set(identity, key);
  }
  return key;
}

/** JSON keeps the parts apart; one encoded segment keeps URL parsing from changing a thing. */
function keyUrl(parts: readonly unknown[]): string | Promise<string> {
  const json = JSON.stringify(parts);
  const segment = encodeURIComponent(json);
  return segment.length <= LONGEST ? BASE + segment : digestUrl(json);
}

async function digestUrl(json: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(json));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  return `${BASE}sha256/${hex.join("")}`;
}
