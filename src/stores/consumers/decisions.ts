import type { AuditLine } from "./audit-line.ts";
import type { Consumer, ConsumerChange, NewKey } from "./consumer.ts";
import type { WriteFault } from "./consumer-registry.ts";
import type { KeptKey } from "./tables.ts";

/** What of an audit line is decided: the rest is the act's. */
export type DecidedLine = Omit<AuditLine, "number" | "at" | "actor">;

/** What a write comes to, before anything is written: it is done, or it is not for a reason. */
export type Decision<T, Reason = { readonly fault: WriteFault }> = Reason | Done<T>;

/** Without `write` there is nothing to do. */
interface Done<T> {
  readonly value: T;
  readonly write?: () => void;
  readonly lines?: readonly DecidedLine[];
}

/** A write that is not done. */
export function refusedWrite(fault: WriteFault): { readonly fault: WriteFault } {
  return { fault };
}

/** The consumer after a change. */
export function changed(consumer: Consumer, change: ConsumerChange): Consumer {
  const { name = consumer.name, plan = consumer.plan, ...rest } = change;
  const { name: _, plan: __, ...kept } = consumer;
  return {
    ...kept,
    ...rest,
    ...(name != null && { name }),
    ...(plan != null && { plan }),
    version: consumer.version + 1,
  };
}

/** A key and the one in its place; undefined for one that has ended, or been rolled before. @param overlap ms */
export function rolled(
  key: KeptKey,
  { id, hash }: Pick<NewKey, "id" | "hash">,
  overlap: number,
  at: number,
): { readonly old: KeptKey; readonly next: KeptKey } | undefined {
  const { expiresAt = Number.POSITIVE_INFINITY, lastUsedAt: _, ...kept } = key;
  if (key.replacedBy !== undefined || !holds(key, at)) return undefined;
  const old = { ...key, replacedBy: id, expiresAt: Math.min(expiresAt, at + overlap) };
  const lasts = key.expiresAt === undefined ? {} : { expiresAt: at + (key.expiresAt - key.createdAt) };
  return { old, next: { ...kept, ...lasts, id, hash, createdAt: at } };
}

/** A key or token as it may be shown. */
export function withoutHash<T extends { readonly hash: string }>({ hash: _, ...rest }: T): Omit<T, "hash"> {
  return rest;
}

/** Whether it can be used: neither revoked nor past its time. */
export function holds(
  { revokedAt, expiresAt = Number.POSITIVE_INFINITY }: { revokedAt?: number; expiresAt?: number },
  at: number,
): boolean {
  return revokedAt === undefined && at < expiresAt;
}
