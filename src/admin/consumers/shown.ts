import type { AdminToken } from "../../stores/consumers/admin-token.ts";
import type { AuditLine } from "../../stores/consumers/audit-line.ts";
import type { Consumer, ConsumerKey } from "../../stores/consumers/consumer.ts";
import type { KeptKey } from "../../stores/consumers/tables.ts";

/** Fields that are times, in ms since the epoch. */
const TIMES = ["at", "createdAt", "expiresAt", "revokedAt", "lastUsedAt"];

/** A consumer, key, token or audit line as the admin API shows it: times as RFC 3339 has them. */
export function shown(item: Consumer | ConsumerKey | KeptKey | AdminToken | AuditLine): object {
  return withTimes(item);
}

function withTimes(item: object): object {
  const entries = Object.entries(item).map(([name, value]: [string, unknown]) => {
    if (TIMES.includes(name) && typeof value === "number") return [name, new Date(value).toISOString()];
    return [name, name === "detail" && typeof value === "object" && value ? withTimes(value) : value];
  });
  return Object.fromEntries(entries) as object;
}
