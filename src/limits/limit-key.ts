import type { KeyedContext } from "../context.ts";
import { resolve } from "../references/resolve.ts";
import { addressPrefix } from "./address-prefix.ts";

/** Properties of the identity that a limit may count by. */
export const IDENTITY_PROPERTIES = ["id", "subject", "issuer", "consumer", "plan"] as const;
type IdentityProperty = (typeof IDENTITY_PROPERTIES)[number];

/** A value of the request that may say what it costs: a reference without its braces. */
export type LimitValue =
  | `identity.claims.${string}`
  | `headers.${string}`
  | `params.${string}`
  | `query.${string}`;

/**
 * What a limit counts by: a reference without its braces. `address` is the client's address (IPv6 by /64);
 * `route` is one counter for all callers of the route, or of the limit's group of routes.
 */
export type LimitKey = "address" | "route" | `identity.${IdentityProperty}` | LimitValue;

/** What a limit looks at of a request, in either of its halves. */
export type Countable = Pick<KeyedContext, "address" | "scope">;

/** One part of a counter's key, ready to be read from requests. */
export interface KeyPart {
  /** Known only once the caller is authenticated. */
  readonly needsIdentity: boolean;
  /** May be a credential, so it must not stand in a store's key as it is. */
  readonly confidential: boolean;
  /** The request's value; undefined where it has none. */
  readonly read: (ctx: Countable) => string | undefined;
}

/** What may hold a credential. */
const CONFIDENTIAL_ROOTS: readonly string[] = ["headers", "query"];

/** Compiles what the manifest names. */
export function keyPart(source: LimitKey): KeyPart {
  if (source === "address") return { needsIdentity: false, confidential: false, read: readAddress };
  if (source === "route") return { needsIdentity: false, confidential: false, read: () => "" };
  const [root = "", ...path] = source.split(".");
  const reference = [root, ...path] as const;
  return {
    needsIdentity: root === "identity",
    confidential: CONFIDENTIAL_ROOTS.includes(root),
    read: (ctx) => textOf(resolve(reference, ctx.scope())),
  };
}

/** A part that a request must have. */
export interface RequiredPart extends Pick<KeyPart, "needsIdentity"> {
  readonly source: LimitKey;
  /** Whether a request has it not, or has it empty. */
  readonly isAbsent: (ctx: Countable) => boolean;
}

/** Makes ready what a request must have to be counted; nothing where none can lack it. */
export function requiredPart(source: LimitKey): RequiredPart[] {
  if (source === "route") return [];
  const { needsIdentity, read } = keyPart(source);
  return [{ source, needsIdentity, isAbsent: (ctx) => !read(ctx) }];
}

function readAddress({ address }: Countable): string | undefined {
  return address === "" ? undefined : addressPrefix(address);
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}
