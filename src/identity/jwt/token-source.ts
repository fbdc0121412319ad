import type { RequestContext } from "../../context.ts";
import { cookie } from "../../match/when.ts";

/** Where tokens are looked for: in each place that is named, and in no other. */
export interface TokenPlaces {
  /** A header field, in lower case: `authorization` with the Bearer scheme, any other with the token and nothing else. */
  readonly header?: string | undefined;
  readonly cookie?: string | undefined;
  /** A query parameter. */
  readonly query?: string | undefined;
}

/**
 * What a request presents, written as `Authorization` would have it, so that there is one form to read and to
 * remember by; null where it presents nothing.
 */
export type TokenSource = (ctx: RequestContext) => string | null;

/** The usual place. */
export const fromAuthorization: TokenSource = ({ request }) => request.headers.get("authorization");

/** A source for other places. A token in two of them is none (RFC 6750 §2): which one counts must not be guessed. */
export function fromPlaces({ header, cookie, query }: TokenPlaces): TokenSource {
  const readers: TokenSource[] = [];
  if (header === "authorization") readers.push(bearerField);
  else if (header !== undefined) readers.push(({ request }) => asBearer(request.headers.get(header)));
  if (cookie !== undefined) readers.push((ctx) => asBearer(onlyCookie(ctx, cookie)));
  if (query !== undefined) readers.push((ctx) => asBearer(onlyParameter(ctx, query)));
  return (ctx) => {
    const found = readers.map((read) => read(ctx)).filter((text) => text !== null);
    return found.length === 0 ? null : found.join(", ");
  };
}

/** A field of another scheme says nothing about a token, and must not count as a second one. */
const bearerField: TokenSource = ({ request }) => {
  const field = request.headers.get("authorization");
  return field !== null && /\bbearer\b/i.test(field) ? field : null;
};

/** Whether a request presents a token in this cookie, be it one that can be taken or not. */
export function carriedInCookie(ctx: RequestContext, name: string): boolean {
  return asBearer(onlyCookie(ctx, name)) !== null;
}

function asBearer(token: string | null): string | null {
  return token === null || token === "" ? null : `Bearer ${token}`;
}

/** Two cookies of one name come from different hosts or paths, one of them perhaps an attacker's: neither is taken. */
function onlyCookie({ request }: RequestContext, name: string): string | null {
  const field = request.headers.get("cookie");
  const value = cookie(field, name);
  if (value === null || field === null) return null;
  const named = field.split(";").filter((pair) => pair.split("=", 1)[0]?.trim() === name);
  return named.length === 1 ? value : named.join(",");
}

function onlyParameter({ search, query }: RequestContext, name: string): string | null {
  if (search === "") return null;
  const values = query.getAll(name);
  return values.length === 0 ? null : values.join(",");
}
