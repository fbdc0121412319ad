import type { RequestContext } from "../../context.ts";
import type { CompiledExternalAuth, RequestPart } from "./options.ts";

/** What the service is told of a request. */
export function questionHeaders(
  { request, method, scheme, host, path, search, address }: RequestContext,
  forwardHeaders: readonly string[],
): Headers {
  const headers = new Headers();
  for (const name of forwardHeaders) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  headers.set("x-forwarded-method", method);
  headers.set("x-forwarded-proto", scheme);
  headers.set("x-forwarded-host", host);
  headers.set("x-forwarded-uri", path + search);
  if (address !== "") headers.set("x-forwarded-for", address);
  return headers;
}

/** Whether the request has any of the headers that the service judges by. */
export function presents({ request }: RequestContext, forwardHeaders: readonly string[]): boolean {
  return forwardHeaders.some((name) => request.headers.has(name));
}

const READ: Readonly<Record<RequestPart, (ctx: RequestContext) => string>> = {
  method: ({ method }) => method,
  scheme: ({ scheme }) => scheme,
  host: ({ host }) => host,
  path: ({ path }) => path,
  query: ({ search }) => search,
  address: ({ address }) => address,
};

/** Longest key that is remembered, in characters: what callers send is in it. */
const LONGEST_KEY = 8_000;

/** Everything that tells permissions apart, so that no two can be confused; undefined where it is too long to keep. */
export function questionKey(
  ctx: RequestContext,
  { forwardHeaders, cache }: Pick<CompiledExternalAuth, "forwardHeaders" | "cache">,
): string | undefined {
  const parts = [
    ...(cache?.by ?? []).map((part) => READ[part](ctx)),
    ...forwardHeaders.map((name) => ctx.request.headers.get(name)),
  ];
  const key = JSON.stringify(parts);
  return key.length > LONGEST_KEY ? undefined : key;
}
