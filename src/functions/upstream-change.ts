import { normalisePath } from "../match/normalise.ts";
import { validateSearch } from "../match/target.ts";
import type { UpstreamRequest } from "../upstream/upstream.ts";
import { describe } from "./answer.ts";

/** What a function sees of a request to an upstream. `headers` is a copy: give it back to have it sent. */
export type HookedRequest = Pick<UpstreamRequest, "method" | "path" | "search" | "headers">;

/** What a function may change of a request to an upstream. */
export type UpstreamChange = Partial<Pick<UpstreamRequest, "path" | "search" | "headers">>;

/**
 * Takes the change that a function gave; its path is normalised like a client's.
 * @throws Error that says what is wrong with it
 */
export function takeChange(given: unknown, request: HookedRequest): UpstreamChange {
  if (given === undefined) return {};
  if (!isPlain(given)) throw new Error(`${describe(given)} is no change of a request`);
  const { method = request.method, path, search, headers, ...others } = given;
  if (method !== request.method) throw new Error("the method cannot be changed");
  const [other] = Object.keys(others);
  if (other !== undefined) throw new Error(`${JSON.stringify(other)} cannot be changed`);
  return {
    ...(path !== undefined && { path: takePath(path) }),
    ...(search !== undefined && { search: takeSearch(search) }),
    ...(headers !== undefined && { headers: takeHeaders(headers) }),
  };
}

function isPlain(given: unknown): given is Readonly<Record<string, unknown>> {
  if (typeof given !== "object" || given === null) return false;
  const prototype: unknown = Object.getPrototypeOf(given);
  return prototype === Object.prototype || prototype === null;
}

function takePath(path: unknown): string {
  const normalised = typeof path === "string" ? normalisePath(path) : undefined;
  if (typeof normalised !== "string") throw new Error(`${shown(path)} is no path`);
  return normalised;
}

function takeSearch(search: unknown): string {
  const usable =
    typeof search === "string" && /^(?:\?|$)/.test(search) && validateSearch(search) === undefined;
  if (!usable) throw new Error(`${shown(search)} is no query with its ?`);
  return search;
}

function takeHeaders(headers: unknown): Headers {
  if (!(headers instanceof Headers)) throw new Error(`${describe(headers)} is no Headers`);
  return headers;
}

function shown(given: unknown): string {
  return typeof given === "string" ? JSON.stringify(given) : describe(given);
}
