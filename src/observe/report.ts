import type { Refusal } from "../errors/refusal.ts";
import type { AccessRecord } from "./record.ts";

/** What a policy does with a request that it would refuse: refuse it, or let it pass and say so. */
export type Mode = "enforce" | "report";

/**
 * What becomes of a refusal: itself where the policy enforces, else nothing, once the access log knows of it.
 * @param policy the policy's manifest key.
 */
export function inMode(
  mode: Mode,
  refusal: Refusal,
  policy: string,
  { record }: { readonly record: AccessRecord },
): Refusal | undefined {
  if (mode === "enforce") return refusal;
  const { details, code } = refusal;
  const reason = details.detail;
  record.reported ??= [];
  record.reported.push({ policy, code, ...(reason !== undefined && { reason }) });
  return undefined;
}
