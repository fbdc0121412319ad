import type { Item } from "./client.ts";
import { facts, table } from "./table.ts";

/** A consumer for people. */
export function consumerFacts(consumer: Item): string {
  const { id, name, plan, roles, metadata, createdAt, version } = consumer;
  return facts({
    id,
    name,
    plan,
    roles,
    metadata: pairs(metadata),
    state: stateOf(consumer),
    created: createdAt,
    version,
  });
}

/** Consumers for people. */
export function consumerTable(consumers: readonly Item[]): string {
  return table(
    ["ID", "NAME", "PLAN", "ROLES", "STATE", "CREATED"],
    consumers.map((each) => [each.id, each.name, each.plan, each.roles, stateOf(each), each.createdAt]),
  );
}

/** Keys for people. */
export function keyTable(keys: readonly Item[], now: number): string {
  return table(
    ["KEY", "PREFIX", "LABEL", "STATE", "SCOPES", "ONLY", "EXPIRES", "LAST USED"],
    keys.map((key) => [
      key.id,
      key.prefix,
      key.label,
      key.replacedBy === undefined ? validity(key, now) : `${validity(key, now)}, now ${key.replacedBy}`,
      key.scopes,
      [key.routes, key.addresses, key.origins].flatMap((each) => each ?? []),
      key.expiresAt,
      key.lastUsedAt,
    ]),
  );
}

/** Admin tokens for people. */
export function tokenTable(tokens: readonly Item[], now: number): string {
  return table(
    ["TOKEN", "NAME", "STATE", "SCOPES", "CREATED", "EXPIRES"],
    tokens.map((each) => [
      each.id,
      each.name,
      validity(each, now),
      each.scopes,
      each.createdAt,
      each.expiresAt,
    ]),
  );
}

/** Lines of the audit log for people. */
export function lineTable(lines: readonly Item[]): string {
  return table(
    ["TIME", "WHO", "DID", "TO", "DETAIL"],
    lines.map((each) => [
      each.at,
      each.actor,
      each.action,
      [each.consumer, each.key ?? each.token].filter((id) => id !== undefined),
      pairs(each.detail),
    ]),
  );
}

function stateOf({ suspended }: Item): string {
  return suspended === true ? "suspended" : "active";
}

function validity({ revokedAt, expiresAt }: Item, now: number): string {
  if (revokedAt !== undefined) return "revoked";
  return expiresAt !== undefined && Date.parse(String(expiresAt)) <= now ? "expired" : "holds";
}

function pairs(value: unknown): string[] {
  return Object.entries((value ?? {}) as Item).map(
    ([name, each]) => `${name}=${typeof each === "object" ? JSON.stringify(each) : each}`,
  );
}

/** Such as `1 key` and `2 keys`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
