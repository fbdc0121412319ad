import { type Refusal, refuse } from "../errors/refusal.ts";

/** The parts of a request's URL, as sent: the path is not normalised yet. */
export interface Target {
  /** `http` or `https`. */
  readonly scheme: string;
  /** Lower case, without a final dot, with its port where there is one. */
  readonly host: string;
  readonly rawPath: string;
  /** The query with its `?`, or empty. */
  readonly search: string;
}

/** Longest URL taken, in characters: the platform's own limit. */
export const URL_LIMIT = 16 * 1024;

/** A registered name or IPv4 address, or an IPv6 address in brackets, and a port (RFC 3986 §3.2.2). */
const HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::\d+)?$/;
/** What a query must not hold: characters that no URL has, and escapes that are none or NUL (RFC 3986 §3.4). */
const BAD_QUERY = /[^\x21\x22\x24-\x7e]|%(?![0-9A-Fa-f]{2})|%00/;

/**
 * Takes a request's URL apart without parsing it: `new URL` would resolve dot segments and rewrite backslashes,
 * and so hide from {@link normalisePath} what the client really sent.
 * @returns the parts; `uri-too-long`, `malformed-header` for the host, or `malformed-path`.
 */
export function splitTarget(url: string): Target | Refusal {
  if (url.length > URL_LIMIT) return refuse("uri-too-long");
  const authority = url.indexOf("://") + 3;
  const path = url.indexOf("/", authority);
  const query = url.indexOf("?", authority);
  if (path === -1) {
    return refuse("malformed-path", { detail: "The path must begin with a slash." });
  }
  let host = url.slice(authority, path).toLowerCase();
  // `example.com.` names the same host as `example.com`: one spelling, so that host rules see both.
  if (host.includes(".:") || host.endsWith(".")) host = host.replace(/\.(?=:\d*$|$)/, "");
  if (!HOST.test(host)) return refuse("malformed-header", { detail: "The host is malformed." });
  return {
    scheme: url.slice(0, authority - 3),
    host,
    rawPath: query === -1 ? url.slice(path) : url.slice(path, query),
    search: query === -1 ? "" : url.slice(query),
  };
}

/** Checks a query (with its `?`, or empty); it is passed on as sent. */
export function validateSearch(search: string): Refusal | undefined {
  if (search === "" || !BAD_QUERY.test(search)) return undefined;
  return refuse("malformed-query", {
    detail:
      "The query holds a character that must be percent-encoded, or a percent sign that encodes nothing.",
  });
}
