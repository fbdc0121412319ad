import { createHash, getRandomValues } from "node:crypto";
import { checksum } from "../../src/identity/api-key/checksum.ts";
import { generateKey } from "../../src/identity/api-key/format.ts";
import { KEY_PREFIX } from "./http/workers/claims.ts";

/** What the benchmark's gateways are administered with: they listen on loopback, for as long as a run takes. */
export const ADMIN_SECRET = "operators of the benchmark only";

/** Most records of one import. */
const RECORDS_A_CALL = 500;
const DAY_MS = 86_400_000;

/** How many consumers and keys a registry is to hold. */
export interface RegistrySize {
  /** Each has a key that holds. */
  readonly consumers: number;
  /** Default 1, of each. */
  readonly revoked?: number;
  readonly expired?: number;
  /** Their use is noted already, and is not noted again while they are timed. Default false. */
  readonly isInUse?: boolean;
}

/** The keys of a registry. */
export interface RegisteredKeys {
  /** Each of another consumer: `consumer-0`, `consumer-1` … */
  readonly live: readonly string[];
  readonly revoked: readonly string[];
  readonly expired: readonly string[];
  /** Of a consumer that is suspended. */
  readonly suspended: string;
}

/** A key that nobody has made. */
export function newKey(): string {
  return generateKey(KEY_PREFIX, (bytes) => getRandomValues(bytes));
}

/** What no key looks like, but for the prefix and a right checksum. @param middle in place of the random digits */
export function misshapenKey(middle: string): string {
  const body = `${KEY_PREFIX}_${middle}`;
  return `${body}_${checksum(body)}`;
}

/** Registers consumers and keys through the admin API's import. */
export async function fillRegistry(port: number, size: RegistrySize): Promise<RegisteredKeys> {
  const keys = (count: number) => Array.from({ length: count }, newKey);
  const registered = {
    live: keys(size.consumers),
    revoked: keys(size.revoked ?? 1),
    expired: keys(size.expired ?? 1),
    suspended: newKey(),
  };
  const long = new Date(Date.now() - 2 * DAY_MS).toISOString();
  const since = new Date(Date.now() - DAY_MS).toISOString();
  // Later than any use to come: the registry writes down when a key is used, once a minute.
  const used = size.isInUse ? { lastUsedAt: new Date(Date.now() + DAY_MS).toISOString() } : {};
  const consumer = (id: string, suspended = false) => ({
    consumer: { id, plan: "gold", roles: ["partner"], suspended, createdAt: long, version: 1 },
  });
  const key = (text: string, id: string, holder: string, end: object = {}) => ({
    key: {
      id,
      consumer: holder,
      prefix: KEY_PREFIX,
      hash: createHash("sha256").update(text).digest("hex"),
      scopes: ["orders:read", "profile"],
      createdAt: long,
      ...end,
    },
  });
  const records = [
    ...registered.live.map((_, n) => consumer(`consumer-${n}`)),
    consumer("suspended", true),
    ...registered.live.map((text, n) => key(text, `live-${n}`, `consumer-${n}`, used)),
    ...registered.revoked.map((text, n) => key(text, `revoked-${n}`, "consumer-0", { revokedAt: since })),
    ...registered.expired.map((text, n) => key(text, `expired-${n}`, "consumer-0", { expiresAt: since })),
    key(registered.suspended, "suspended-0", "suspended"),
  ];
  for (let at = 0; at < records.length; at += RECORDS_A_CALL) {
    await administer(port, "/import", { records: records.slice(at, at + RECORDS_A_CALL) });
  }
  return registered;
}

/** Makes the isolate forget what it knows of keys: whatever is written through it does. Nothing else changes. */
export async function forgetKeys(port: number): Promise<void> {
  await administer(port, "/consumer-0/keys/revoked-0/revoke", {});
}

async function administer(port: number, path: string, body: object): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/_gateway/consumers${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_SECRET}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the registry was not filled: ${answer.status} ${text.slice(0, 300)}`);
}
