import type { RequestContext } from "../context.ts";
import { addressPrefix } from "./address-prefix.ts";

/** Properties of the identity that a limit may count by. */
export const IDENTITY_PROPERTIES = ["id", "subject", "issuer", "consumer", "plan"] as const;
type IdentityProperty = (typeof IDENTITY_PROPERTIES)[number];

/**
 * What a limit counts by: a reference without its braces. `address` is the client's address (IPv6 by /64);
 * `route` is one counter for all callers of the route.
 */
export type LimitKey =
  | "address"
  | "route"
  | `identity.${IdentityProperty}`
  | `identity.claims.${string}`
  | `headers.${string}`
  | `params.${string}`
  | `query.${string}`;

/** One part of a counter's key, ready to be read from requests. */
export interface KeyPart {
  /** Known only once the caller is authenticated. */
  readonly needsIdentity: boolean;
  /** May be a credential, so it must not stand in a store's key as it is. */
  readonly confidential: boolean;
  /** The request's value; undefined where it has none. */
  readonly read: (ctx: RequestContext) => string | undefined;
}

/** Compiles what the manifest names. @throws {TypeError} for what is no {@link LimitKey}. */
export function keyPart(source: LimitKey): KeyPart {
  const plain = (read: KeyPart["read"]): KeyPart => ({ needsIdentity: false, confidential: false, read });
  if (source === "address")
    return plain((ctx) => (ctx.address === "" ? undefined : addressPrefix(ctx.address)));
  if (source === "route") return plain(() => "");

  const dot = source.indexOf(".");
  const root = source.slice(0, dot);
  const name = source.slice(dot + 1);
  if (root === "params") return plain((ctx) => ctx.params[name]);
  if (root === "headers") {
    return { ...plain((ctx) => ctx.request.headers.get(name) ?? undefined), confidential: true };
  }
  if (root === "query") return { ...plain((ctx) => ctx.query.get(name) ?? undefined), confidential: true };
  if (root === "identity") return { ...plain(identityReader(name)), needsIdentity: true };
  throw new TypeError(`a limit cannot count by ${JSON.stringify(source)}`);
}

function identityReader(name: string): KeyPart["read"] {
  if (name.startsWith("claims.")) {
    const claim = name.slice("claims.".length);
    return (ctx) => textOf(ctx.identity?.claims[claim]);
  }
  const property = IDENTITY_PROPERTIES.find((known) => known === name);
  if (property === undefined) throw new TypeError(`a limit cannot count by "identity.${name}"`);
  return (ctx) => ctx.identity?.[property];
}

function textOf(claim: unknown): string | undefined {
  if (claim === undefined || claim === null) return undefined;
  return typeof claim === "string" ? claim : JSON.stringify(claim);
}
