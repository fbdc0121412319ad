import { variantKey } from "./key.ts";
import { discard, type ResponseCache, type Stored } from "./response-cache.ts";
import { isVariantFor, selectVariant, type Variant } from "./vary.ts";

/** What a cache holds for a request. */
export interface Found {
  readonly stored: Stored | undefined;
  /** Where `stored` lies, or would. */
  readonly key: string;
  readonly primary: string;
  /** Where the primary key holds another variant: the fields that chose it. */
  readonly fields?: readonly string[];
}

/**
 * Finds the stored response for a request. The first variant met lies under the primary key itself, so a resource
 * that has only one, as most do, costs a single read; the others lie under keys of their own and cost two.
 */
export async function lookUp(cache: ResponseCache, primary: string, request: Headers): Promise<Found> {
  const first = await cache.get(primary);
  if (first === undefined || isVariantFor(first.entry.vary, request)) {
    return { stored: first, key: primary, primary };
  }
  discard(first.body);
  const fields = first.entry.vary.map(([name]) => name);
  const key = await variantKey(primary, selectVariant(fields, request));
  return { stored: await cache.get(key), key, primary, fields };
}

/**
 * Where a new response belongs: beside the variant under the primary key if it was chosen by the same fields.
 * Otherwise the origin has changed its mind about what it varies on, and the newest response knows best.
 */
export function storeKey({ key, primary, fields }: Found, vary: Variant): string {
  const beside =
    fields !== undefined && fields.length === vary.length && vary.every(([name], i) => name === fields[i]);
  return beside ? key : primary;
}
