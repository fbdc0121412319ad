import { Hono } from "hono/tiny";
import { problem } from "../../errors/problem.ts";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import type { ActLine } from "../../stores/meters/act-line.ts";
import { KEPT_HOURS, type MeterStore } from "../../stores/meters/meter-store.ts";
import { fieldsOf, required } from "../consumers/fields.ts";
import { readCall, readPage } from "../consumers/request.ts";
import { createDebtorsAdmin } from "./debtors.ts";

/** What the meters' part of the admin app works with. */
export interface MetersAdminTools {
  readonly store: Omit<MeterStore, "open" | "flush" | "reserve">;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly requestId: () => string;
  /** Whether there is a registered consumer of this name; undefined where none are registered. */
  readonly isRegistered: ((id: string) => Promise<boolean>) | undefined;
}

const HOUR_MS = 3_600_000;
/** Most units of credit that one call may move. */
const MOST_UNITS = 1_000_000_000_000;
const OPERATOR = "operator";

const UNITS = {
  is: (value: unknown) =>
    Number.isSafeInteger(value) && value !== 0 && Math.abs(value as number) <= MOST_UNITS,
  what: "a whole number but 0, up to 10^12 either way",
};
const TEXT = {
  is: (value: unknown) => typeof value === "string" && value.length > 0 && value.length <= 1_000,
  what: "a text of 1 to 1,000 characters",
};

/**
 * What consumers have used, what waits for the billing endpoint, and credit. `GET /meters` and `POST /meters/retry` are
 * about all of them; `GET /meters/usage`, `GET /meters/outbox`, `POST /meters/outbox/retry` and `…/discard`, `GET` and
 * `POST /meters/credit` and `GET /meters/audit` take `?subject=`, the name that events have for the consumer.
 */
export function createMetersAdmin(tools: MetersAdminTools): Hono {
  const { store, now, requestId, isRegistered } = tools;
  const app = new Hono();
  app.route("/", createDebtorsAdmin(tools));

  app.get("/usage", async (c) => {
    const query = queryOf(c.req.raw);
    const last = Math.floor(now() / HOUR_MS);
    const to = hourOf(query, "to") ?? last;
    const from = hourOf(query, "from") ?? to - 24;
    const event = query.get("event") ?? undefined;
    const usage = await store.usage(subjectOf(query), { event, from: Math.max(from, last - KEPT_HOURS), to });
    return c.json({
      usage: usage.map(({ hour, ...rest }) => ({ hour: new Date(hour * HOUR_MS).toISOString(), ...rest })),
    });
  });

  app.get("/outbox", async (c) => {
    const { gathering, batches } = await store.outbox(subjectOf(queryOf(c.req.raw)));
    return c.json({
      gathering,
      batches: batches.map(({ at, due, ...rest }) => ({
        ...rest,
        at: new Date(at).toISOString(),
        ...(due === undefined ? { dead: true } : { due: new Date(due).toISOString() }),
      })),
    });
  });

  app.post("/outbox/retry", async (c) => {
    const subject = subjectOf(queryOf(c.req.raw));
    const { body } = await readCall(c.req.raw, OPERATOR, now());
    const batch = required<string>(fieldsOf(body, ["batch"]), "batch", TEXT);
    if (!(await store.retry(subject, batch))) return problem(refuse("entry-not-found"), requestId());
    return c.body(null, 204);
  });

  app.post("/outbox/discard", async (c) => {
    const subject = subjectOf(queryOf(c.req.raw));
    const { body, act } = await readCall(c.req.raw, OPERATOR, now());
    const fields = fieldsOf(body, ["batch", "reason"]);
    const batch = required<string>(fields, "batch", TEXT);
    const reason = required<string>(fields, "reason", TEXT);
    const outcome = await store.discard(subject, { batch, reason, actor: act.actor });
    if (outcome === "discarded") return c.body(null, 204);
    if (outcome === "unknown") return problem(refuse("entry-not-found"), requestId());
    const detail = "The batch is on its way: only one that is dead can be given up.";
    return problem(refuse("conflict", { detail }), requestId());
  });

  app.get("/audit", async (c) => {
    const query = queryOf(c.req.raw);
    const { items, next } = await store.lines(subjectOf(query), readPage(query, /^\d{1,15}$/));
    return c.json({ lines: items.map(shownLine), next });
  });

  app.get("/credit", async (c) => c.json(await store.credit(subjectOf(queryOf(c.req.raw)))));

  app.post("/credit", async (c) => {
    const query = queryOf(c.req.raw);
    const subject = subjectOf(query);
    const { body, act } = await readCall(c.req.raw, OPERATOR, now());
    const fields = fieldsOf(body, ["units", "reason"]);
    const units = required<number>(fields, "units", UNITS);
    const reason = required<string>(fields, "reason", TEXT);
    if (act.once === undefined) {
      const detail = "Send Idempotency-Key, so that credit is added once however often this is sent.";
      return problem(refuse("malformed-header", { detail }), requestId());
    }
    if (query.get("unregistered") !== "true" && (await isRegistered?.(subject)) === false) {
      const detail =
        "No consumer of this name is registered. For a caller who is none, say ?unregistered=true with the name that events have.";
      return problem(refuse("entry-not-found", { detail }), requestId());
    }
    const credit = await store.topUp(subject, { units, reason, actor: act.actor, once: act.once });
    if (credit !== "reused") return c.json(credit);
    const detail = "The Idempotency-Key was used for another change.";
    return problem(refuse("conflict", { detail }), requestId());
  });

  return app;
}

function shownLine(line: ActLine): object {
  const at = new Date(line.at).toISOString();
  return "made" in line ? { ...line, at, made: new Date(line.made).toISOString() } : { ...line, at };
}

function queryOf({ url }: Request): URLSearchParams {
  return new URL(url).searchParams;
}

function subjectOf(query: URLSearchParams): string {
  const subject = query.get("subject") ?? "";
  if (subject === "") throw wrong("subject", "is the consumer's name in events");
  return subject;
}

function hourOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw wrong(name, "is a time such as 2026-01-31T00:00:00Z");
  return Math.floor(at / HOUR_MS);
}

function wrong(field: string, what: string): RefusalError {
  return new RefusalError(refuse("malformed-query", { detail: `${field} ${what}.`, extensions: { field } }));
}
