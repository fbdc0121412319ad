import { type Refusal, refuse } from "../../errors/refusal.ts";
import { maybeKey } from "../../identity/api-key/format.ts";
import { hashKey } from "../../identity/api-key/hash.ts";
import type { AdminScope } from "../../stores/consumers/admin-token.ts";
import type { ConsumerRegistry } from "../../stores/consumers/consumer-registry.ts";
import { sameSecret } from "../same-secret.ts";

/** How admin tokens begin. */
export const ADMIN_PREFIX = "isogate_admin";
/** Who has the gateway's own secret: may do everything, and is the only one who makes tokens. */
export const OPERATOR = "operator";
const REALM = 'Bearer realm="isogate consumers"';

/** What administrators are judged with. */
export interface AdminRules {
  readonly secret: string;
  readonly registry: Pick<ConsumerRegistry, "findToken">;
  /** ms since the epoch */
  readonly now: () => number;
}

/**
 * Who calls the consumers' part of the admin API.
 * @param path below `/_gateway/consumers`
 * @returns the name for the audit log
 */
export async function judgeAdmin(
  { method, headers }: Pick<Request, "method" | "headers">,
  path: string,
  { secret, registry, now }: AdminRules,
): Promise<string | Refusal> {
  const [, given = ""] = /^bearer (.*)$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (given === "") return refuse("credential-missing", { headers: [["www-authenticate", REALM]] });
  if (await sameSecret(given, secret)) return OPERATOR;
  const token = maybeKey(given, ADMIN_PREFIX)
    ? await registry.findToken(await hashKey(given), now())
    : undefined;
  if (token === undefined) return refuse("credential-invalid", { headers: [["www-authenticate", REALM]] });
  const scope = scopeOf(method, path);
  if (token.scopes.includes(scope)) return token.name;
  const challenge = `${REALM}, error="insufficient_scope", scope="${scope}"`;
  return refuse("insufficient-rights", { headers: [["www-authenticate", challenge]] });
}

/** What a call takes. */
function scopeOf(method: string, path: string): AdminScope {
  if (/^\/export(?:\/|$)/.test(path)) return "consumers:export";
  if (/^\/import(?:\/|$)/.test(path)) return "consumers:import";
  if (method !== "GET" && method !== "HEAD") return "consumers:write";
  return /^\/audit(?:\/|$)/.test(path) ? "audit:read" : "consumers:read";
}
