import { Budget } from "../../../src/budget.ts";
import type { RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { createMemoryNonces } from "../../../src/stores/nonces/memory.ts";
import { clock, NOW } from "../support.ts";

/** A request as credentials see it. */
export interface Asked {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
  readonly bodyLimit?: number;
}

/** The parts of a request's context that signatures look at. */
export function asked({ method = "GET", url = "https://api.example/", headers, body, bodyLimit }: Asked) {
  const init = { method, headers: { ...headers }, ...(body !== undefined && { body }) };
  const ctx = {
    request: new Request(url, init),
    method,
    plan: { road: { bodyLimit } },
    budget: new Budget(NOW + 30_000),
    record: {},
    keepBody(bytes: Uint8Array) {
      ctx.request = new Request(ctx.request, { body: bytes });
    },
  };
  return ctx as unknown as RequestContext;
}

/** What credentials are made with, and a clock to move. */
export function surroundings(more: Partial<Deps> = {}) {
  const now = clock();
  const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);
  const deps = { now, random, nonces: createMemoryNonces(now), ...more } as unknown as Deps;
  return { now, deps };
}

/** Secrets by their names, as the runtime puts them in the place of references. */
export function withSecrets<T>(compiled: T, values: Readonly<Record<string, string>>): T {
  const revive = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(revive);
    if (typeof value !== "object" || value === null) return value;
    if ("$env" in value) return values[value.$env as string];
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, revive(each)]));
  };
  return revive(compiled) as T;
}

const encoder = new TextEncoder();

/** An HMAC by WebCrypto, as a signer makes it. */
export async function mac(secret: string | Uint8Array, message: string | Uint8Array, hash = "SHA-256") {
  const bytes = typeof secret === "string" ? encoder.encode(secret) : secret;
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash }, false, ["sign"]);
  const text = typeof message === "string" ? encoder.encode(message) : message;
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, text));
}

/** A digest. */
export async function digest(message: string, hash = "SHA-256") {
  return new Uint8Array(await crypto.subtle.digest(hash, encoder.encode(message)));
}

export const hex = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
