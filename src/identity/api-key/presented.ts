import type { RequestContext } from "../../context.ts";
import { bearerToken } from "../jwt/bearer.ts";
import { hasPrefix } from "./format.ts";

/** Where keys are looked for. */
export interface KeyPlaces {
  readonly prefix: string;
  /** In lower case. */
  readonly header: string | false;
  readonly query?: string | undefined;
  readonly bearer: boolean;
}

/** Of a token that may be a key; a longer one is another credential's business. */
const LONGEST = 128;

/**
 * What a request presents as a key; null where it presents none. Of two keys, be it in one place or in two, neither is
 * taken: they are given as one text, which is no key, for which one counts must not be guessed.
 */
export function presentedKeys({
  prefix,
  header,
  query,
  bearer,
}: KeyPlaces): (ctx: RequestContext) => string | null {
  const readers: Array<(ctx: RequestContext) => string | null> = [];
  // The platform joins fields of one name with a comma and a space.
  if (header !== false) readers.push(({ request }) => request.headers.get(header) || null);
  if (bearer) {
    readers.push(({ request }) => {
      const authorization = request.headers.get("authorization");
      const found = authorization === null ? undefined : bearerToken(authorization, LONGEST);
      return found !== undefined && "token" in found && hasPrefix(found.token, prefix) ? found.token : null;
    });
  }
  if (query !== undefined) {
    readers.push((ctx) => {
      const values = ctx.search === "" ? [] : ctx.query.getAll(query).filter((value) => value !== "");
      return values.length === 0 ? null : values.join(", ");
    });
  }
  const [first, ...others] = readers;
  if (first !== undefined && others.length === 0) return first;
  return (ctx) => {
    const found = readers.map((read) => read(ctx)).filter((key) => key !== null);
    return found.length === 0 ? null : found.join(", ");
  };
}
