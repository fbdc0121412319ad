import type { Consumer } from "./consumer.ts";
import type { KeptKey } from "./tables.ts";

/** Whether what somebody may change of a consumer is the same. When each was made, and how often changed, is not. */
export function sameConsumer(one: Consumer, other: Consumer): boolean {
  const { createdAt: _, version: __, ...fields } = one;
  const { createdAt: ___, version: ____, ...others } = other;
  return sameValue(fields, others);
}

/** Whether two keys are the same, whenever they were last used. */
export function sameKey(one: KeptKey, other: KeptKey): boolean {
  const { lastUsedAt: _, ...fields } = one;
  const { lastUsedAt: __, ...others } = other;
  return sameValue(fields, others);
}

/** A key that is here, as a record has it, but for what has happened to either: it ends with the first end of both. */
export function mergedKey(here: KeptKey, record: KeptKey): KeptKey {
  const { expiresAt, revokedAt, replacedBy, lastUsedAt, ...grant } = record;
  const merged = {
    expiresAt: chosen(Math.min, here.expiresAt, expiresAt),
    revokedAt: chosen(Math.min, here.revokedAt, revokedAt),
    replacedBy: here.replacedBy ?? replacedBy,
    lastUsedAt: chosen(Math.max, here.lastUsedAt, lastUsedAt),
  };
  const present = Object.entries(merged).filter(([, value]) => value !== undefined);
  return { ...grant, createdAt: here.createdAt, ...Object.fromEntries(present) };
}

function chosen(choose: (...times: number[]) => number, ...times: ReadonlyArray<number | undefined>) {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : choose(...known);
}

/** Whether two JSON values are the same; the order of members does not count. */
function sameValue(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const fields = Object.entries(one);
  if (fields.length !== Object.keys(other).length) return false;
  return fields.every(
    ([name, value]) =>
      Object.hasOwn(other, name) && sameValue(value, (other as Readonly<Record<string, unknown>>)[name]),
  );
}
