// A key of a registered consumer by hand: what the gateway's route for keys does. What the registry says is remembered for
// thirty seconds, and that a key does not hold for five.
import { KEY_PREFIX } from "./claims.ts";
import {
  arrive,
  type Exchange,
  forward,
  type Env as Given,
  leave,
  match,
  originHeaders,
  problem,
  unauthorized,
} from "./exchange.ts";
import type { Holder, KeyRegistry } from "./key-registry.ts";
import { remember } from "./remember.ts";

export { KeyRegistry } from "./key-registry.ts";

interface Env extends Given {
  readonly ADMIN_SECRET: string;
  readonly KeyRegistry: DurableObjectNamespace<KeyRegistry>;
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const exchange = arrive(request);
    if (exchange.path.startsWith("/_gateway/")) return administer(exchange, env);
    const answer = match(exchange, "/v1/keys/", "GET /v1/keys/:id") ?? (await admit(exchange, env, context));
    return leave(exchange, answer, context);
  },
};

/** What is known of a key. Times in ms since the epoch. */
interface Known {
  readonly id: string;
  readonly key: string;
  readonly suspended: boolean;
  readonly until: number;
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>;
  notedAt: number;
}

const STALENESS_MS = 30_000;
const REFUSED_MS = 5_000;
const USE_MS = 60_000;
const known = new Map<string, Known>();
const refusedUntil = new Map<string, number>();

async function admit(exchange: Exchange, env: Env, context: ExecutionContext): Promise<Response> {
  const { request, start } = exchange;
  const text = request.headers.get("x-api-key");
  if (text === null || text === "") return unauthorized(exchange, "credential-missing", "ApiKey");
  let holder = known.get(text);
  if (holder === undefined || start >= holder.until) {
    holder = await lookUp(text, env, start);
    if (holder === undefined) return unauthorized(exchange, "credential-invalid", "ApiKey");
  }
  if (holder.suspended) return problem(exchange, 403, "consumer-suspended");
  exchange.identity = holder.id;
  exchange.key = holder.key;
  if (start >= holder.notedAt + USE_MS) {
    holder.notedAt = start;
    context.waitUntil(registry(env).noteUse(holder.key, start));
  }
  const headers = originHeaders(exchange);
  headers.delete("x-api-key");
  headers.delete("x-identity-roles");
  headers.delete("x-identity-consumer");
  headers.delete("x-identity-plan");
  for (const [name, value] of holder.fields) headers.set(name, value);
  return forward(exchange, env, headers);
}

async function lookUp(text: string, env: Env, now: number): Promise<Known | undefined> {
  if (!hasChecksum(text) || now < (refusedUntil.get(text) ?? 0)) return undefined;
  const holder: Holder | undefined = await registry(env).find(await sha256(text), now);
  if (holder === undefined) {
    known.delete(text);
    remember(refusedUntil, text, now + REFUSED_MS);
    return undefined;
  }
  const { key, consumer, scopes, roles, plan, suspended, expires } = holder;
  const id = `consumers#${consumer}`;
  const found: Known = {
    id,
    key,
    suspended,
    until: Math.min(now + STALENESS_MS, expires),
    fields: [
      ["x-identity-id", id],
      ["x-identity-subject", consumer],
      ["x-identity-issuer", "consumers"],
      ["x-identity-credential", "apiKey"],
      ["x-identity-scopes", scopes.join(" ")],
      ["x-identity-roles", roles.join(" ")],
      ["x-identity-consumer", consumer],
      ["x-identity-plan", plan],
    ],
    notedAt: known.get(text)?.notedAt ?? 0,
  };
  remember(known, text, found);
  return found;
}

function registry(env: Env): DurableObjectStub<KeyRegistry> {
  return env.KeyRegistry.getByName("keys");
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const FORM = new RegExp(`^${KEY_PREFIX}_[\\x21-\\x7e]{1,100}_[0-9A-Za-z]{6}$`);
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Whether a text looks like a key and ends in its CRC-32 in base62. */
function hasChecksum(text: string): boolean {
  if (!FORM.test(text)) return false;
  let crc = -1;
  for (let at = 0; at < text.length - 7; at++) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  let sum = ~crc >>> 0;
  for (let at = text.length - 1; at >= text.length - 6; at--) {
    if (text.charAt(at) !== DIGITS.charAt(sum % 62)) return false;
    sum = Math.floor(sum / 62);
  }
  return true;
}

/** Fills the registry, as the gateway's import does. */
async function administer({ request, path }: Exchange, env: Env): Promise<Response> {
  if (request.headers.get("authorization") !== `Bearer ${env.ADMIN_SECRET}`)
    return new Response(null, { status: 401 });
  if (path !== "/_gateway/consumers/import") return new Response(null, { status: 404 });
  const { records } = await request.json<{ records: Parameters<KeyRegistry["take"]>[0] }>();
  await registry(env).take(records);
  return new Response(null, { status: 204 });
}
