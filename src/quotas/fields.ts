import { serialiseList } from "../http/structured-fields.ts";
import { addRateLimitFields, wholeSeconds } from "../limits/ratelimit-fields.ts";
import type { QuotaAttempt } from "./attempt.ts";

/**
 * Adds what the caller is told of its quotas: an item each in `RateLimit-Policy` and `RateLimit`, and one in
 * `Quota-Warning` for those of which more is used than it is warned at.
 *
 * `Quota-Warning` is a structured-field list (RFC 9651) of the quota's name with the share that is used, rounded down to
 * thousandths, and the highest share passed that it is warned at: `"monthly";used=0.83;at=0.8`.
 */
export function addQuotaFields(headers: Headers, attempts: readonly QuotaAttempt[]): void {
  const shown = attempts.filter(({ quota, grant }) => quota.mode === "enforce" && grant !== undefined);
  addRateLimitFields(
    headers,
    shown.map(({ quota: { name }, limit, grant }) => {
      const { used, period, resetMs } = grant!;
      const window = wholeSeconds(period.end - period.start);
      return { name, limit, window, remaining: Math.max(0, limit - used), reset: wholeSeconds(resetMs) };
    }),
  );
  const warned = shown.flatMap(({ quota: { name, warnAt }, limit, grant }) => {
    const { used } = grant!;
    const at = warnAt.findLast((share) => used * 1_000 >= share * limit);
    if (at === undefined) return [];
    return [[name, { used: Math.floor((used * 1_000) / limit) / 1_000, at: at / 1_000 }] as const];
  });
  if (warned.length > 0) headers.append("Quota-Warning", serialiseList(warned));
}
