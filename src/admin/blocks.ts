import { Hono } from "hono/tiny";
import type { BlockLists } from "../blocking/block-lists.ts";
import { problem } from "../errors/problem.ts";
import { refuse } from "../errors/refusal.ts";
import { BoundedBody } from "../http/body.ts";
import { parseNetwork } from "../http/network.ts";
import {
  type BlockEntry,
  type BlockId,
  type BlockStore,
  isTooManyEntries,
} from "../stores/blocks/block-store.ts";

/** What the lists' part of the admin app works with. */
export interface BlocksTools {
  readonly store: BlockStore;
  readonly lists: Pick<BlockLists, "put">;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly requestId: () => string;
}

const BODY_LIMIT = 10_000;
const MOST_CHANGES = 1_000;
const BY = "admin";

/** How each kind of value is written. */
const FORMS: Readonly<Record<BlockId["kind"], { is: (value: string) => boolean; what: string }>> = {
  network: {
    is: (value) => parseNetwork(value) !== undefined,
    what: "an address, or a network by its first address such as 192.0.2.0/24",
  },
  asn: { is: (value) => /^[1-9]\d{0,9}$/.test(value), what: "the number of an autonomous system" },
  country: { is: (value) => /^[A-Z][A-Z0-9]$/.test(value), what: "a country's code of two capital letters" },
  consumer: { is: isText, what: "a consumer's id" },
  identity: { is: isText, what: "an identity's id" },
  key: { is: isText, what: "a key's id, as the access log has it" },
};

function isText(value: string): boolean {
  return value.length > 0 && value.length <= 1_000;
}

/** Deny and allow lists: `GET`, `PUT` and `DELETE /blocks`, and what was changed at `GET /blocks/changes`. */
export function createBlocksAdmin({ store, lists, now, requestId }: BlocksTools): Hono {
  const app = new Hono();
  const malformed = (detail: string, code: "malformed-body" | "malformed-query" = "malformed-body") =>
    problem(refuse(code, { detail }), requestId());

  app.get("/", async (c) => {
    const list = c.req.query("list");
    const snapshot = await store.read();
    const at = now();
    const entries = (snapshot?.entries ?? []).filter(
      (entry) =>
        (list === undefined || entry.list === list) && at < (entry.expiresAt ?? Number.POSITIVE_INFINITY),
    );
    return c.json({ entries: entries.map(shown) });
  });

  app.put("/", async (c) => {
    const body = new BoundedBody(c.req.raw.body, BODY_LIMIT, c.req.header("content-length"));
    const entry = readEntry(await body.json(), now());
    if (typeof entry === "string") return malformed(entry);
    try {
      await lists.put(entry);
    } catch (error) {
      if (isTooManyEntries(error)) return malformed("The lists are full: remove entries first.");
      throw error;
    }
    return c.json(shown(entry));
  });

  app.delete("/", async (c) => {
    const id = readId({ list: c.req.query("list"), kind: c.req.query("kind"), value: c.req.query("value") });
    if (typeof id === "string") return malformed(id, "malformed-query");
    const removed = await store.remove(id, BY, now());
    return removed ? c.body(null, 204) : problem(refuse("route-not-found"), requestId());
  });

  app.get("/changes", async (c) => {
    const limit = Number(c.req.query("limit") ?? 100);
    const before = c.req.query("before");
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST_CHANGES) {
      return malformed(`limit is a whole number from 1 to ${MOST_CHANGES}.`, "malformed-query");
    }
    if (before !== undefined && !/^\d{1,15}$/.test(before)) {
      return malformed("before is the version of a change.", "malformed-query");
    }
    const changes = await store.changes(limit, before === undefined ? undefined : Number(before));
    return c.json({ changes: changes.map(({ at, ...rest }) => ({ at: isoTime(at), ...rest })) });
  });
  return app;
}

/** @returns what is wrong, and where */
function readEntry(body: unknown, at: number): BlockEntry | string {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "The body is a JSON object.";
  const { list, kind, value, reason, expiresAt, ...others } = body as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) return `${other} is not a field: list, kind, value, reason and expiresAt are.`;
  const id = readId({ list, kind, value });
  if (typeof id === "string") return id;
  if (typeof reason !== "string" || !isText(reason)) return "reason is a text of 1 to 1,000 characters.";
  const expires = expiresAt === undefined ? undefined : readTime(expiresAt);
  if (expiresAt !== undefined && !(expires! > at)) {
    return "expiresAt is a time to come, such as 2027-01-31T12:00:00Z.";
  }
  return {
    ...id,
    reason,
    ...(expires !== undefined && { expiresAt: expires }),
    createdAt: at,
    createdBy: BY,
  };
}

function readId({ list, kind, value }: Readonly<Record<keyof BlockId, unknown>>): BlockId | string {
  if (typeof list !== "string" || !/^[a-z0-9][a-z0-9-]{0,63}$/.test(list)) {
    return "list is a name of lower-case letters, digits and hyphens.";
  }
  if (typeof kind !== "string" || !Object.hasOwn(FORMS, kind)) {
    return `kind is one of ${Object.keys(FORMS).join(", ")}.`;
  }
  const { is, what } = FORMS[kind as BlockId["kind"]];
  if (typeof value !== "string" || !is(value)) return `value is ${what}.`;
  return { list, kind: kind as BlockId["kind"], value: spelt(kind, value) };
}

/** One spelling of what may be written in several: a certificate's fingerprint with colons and capitals, too. */
function spelt(kind: string, value: string): string {
  if (kind === "network") return value.toLowerCase();
  const isFingerprint = kind === "key" && /^(?:[0-9a-f]{2}:?){32}$/i.test(value);
  return isFingerprint ? value.replaceAll(":", "").toLowerCase() : value;
}

/** RFC 3339 with a zone: a time without one would be another in each place. */
function readTime(value: unknown): number {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/;
  return typeof value === "string" && form.test(value) ? Date.parse(value) : Number.NaN;
}

function shown({ expiresAt, createdAt, ...entry }: BlockEntry): object {
  return {
    ...entry,
    createdAt: isoTime(createdAt),
    ...(expiresAt !== undefined && { expiresAt: isoTime(expiresAt) }),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
