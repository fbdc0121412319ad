import { Hono } from "hono/tiny";
import type { MeterStore } from "../../stores/meters/meter-store.ts";
import { fieldsOf, required, textForm } from "../consumers/fields.ts";
import { OPERATOR } from "../consumers/judge-admin.ts";
import { readCall, readPage } from "../consumers/request.ts";

/** What the overview of outboxes works with. */
interface DebtorsTools {
  readonly store: Pick<MeterStore, "debtors" | "retryDead">;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** Consumers of one call that retries: each is an object to ask, and the platform bounds how many one request may. */
const MOST_RETRIED = 40;

/** A consumer's name may be anything. */
const CURSOR = /^.+$/s;
const UPSTREAM = textForm(/^.{1,200}$/, "an upstream's name");
const PATH = textForm(/^\/.{0,2000}$/, "a path of the upstream");

/**
 * All consumers' outboxes. `GET /meters` lists those with batches that are dead or late; `POST /meters/retry` of
 * `{ upstream, path }` tries anew what that receiver would not have, of some consumers: `next` says whose turn it is.
 */
export function createDebtorsAdmin({ store, now }: DebtorsTools): Hono {
  const app = new Hono();

  app.get("/", async (c) => {
    const { items, next } = await store.debtors(readPage(new URL(c.req.url).searchParams, CURSOR));
    const outboxes = items.map(({ subject, at, undelivered }) => ({
      subject,
      at: new Date(at).toISOString(),
      undelivered: undelivered.map(({ oldest, ...rest }) => ({
        ...rest,
        oldest: new Date(oldest).toISOString(),
      })),
    }));
    return c.json({ outboxes, next });
  });

  app.post("/retry", async (c) => {
    const { after } = readPage(new URL(c.req.url).searchParams, CURSOR);
    const { body } = await readCall(c.req.raw, OPERATOR, now());
    const fields = fieldsOf(body, ["upstream", "path"]);
    const deadOf = {
      upstream: required<string>(fields, "upstream", UPSTREAM),
      path: required<string>(fields, "path", PATH),
    };
    const { items, next } = await store.debtors({ after, limit: MOST_RETRIED, deadOf });
    const outcomes = await Promise.allSettled(items.map(({ subject }) => store.retryDead(subject, deadOf)));
    const failed = items.filter((_, index) => outcomes[index]!.status === "rejected");
    return c.json({
      batches: outcomes.reduce((sum, each) => sum + (each.status === "fulfilled" ? each.value : 0), 0),
      failed: failed.map(({ subject }) => subject),
      next,
    });
  });

  return app;
}
