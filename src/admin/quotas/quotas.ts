import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { isoIn } from "../../calendar/zone.ts";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import { keyNamed } from "../../quotas/quota-key.ts";
import type { QuotaAct, QuotaRecord, QuotaStore } from "../../stores/quotas/quota-store.ts";
import { OPERATOR } from "../consumers/judge-admin.ts";
import { readCall } from "../consumers/request.ts";

/** What a quota may count by, and so what names a caller here. */
const SOURCE =
  /^(?:address|route|identity\.(?:id|subject|issuer|consumer|plan|claims\..+)|(?:headers|params|query)\..+)$/;
const MOST_USED = 1_000_000_000_000;

/**
 * `GET /quotas/NAME?identity.consumer=ID`: how much of a quota a caller has used. `PUT` of `{used, reason}` sets it, and
 * so gives the period anew with `used: 0`; it is done once where it bears an `Idempotency-Key`. `GET …/NAME/audit` tells
 * who did so. The query names what the quota counts by, in its order.
 */
export function createQuotasAdmin(store: QuotaStore): Hono {
  const app = new Hono();
  app.get("/:quota", async (c) => {
    const record = await store.record(await keyOf(c));
    if (record === undefined) throw unknown();
    return c.json(shown(c, record));
  });
  app.put("/:quota", async (c) => {
    const key = await keyOf(c);
    const { body, act } = await readCall(c.req.raw, OPERATOR, 0);
    const { used, reason } = readChange(body);
    const once = act.once && {
      ...act.once,
      fingerprint: `${act.once.fingerprint} ${new URL(c.req.url).search}`,
    };
    const done = await store.set(key, used, { actor: OPERATOR, reason, once } satisfies QuotaAct);
    if ("record" in done) return c.json(shown(c, done.record));
    if (done.fault === "unknown") throw unknown();
    const detail = "This Idempotency-Key came before, with another request.";
    throw new RefusalError(refuse("conflict", { detail }));
  });
  app.get("/:quota/audit", async (c) => {
    const lines = await store.lines(await keyOf(c));
    return c.json({ lines: lines.map((line) => ({ ...line, at: new Date(line.at).toISOString() })) });
  });
  return app;
}

function keyOf(c: Context): Promise<string> {
  const counted = [...new URL(c.req.url).searchParams];
  const wrong = counted.find(([source, value]) => !SOURCE.test(source) || value === "");
  if (counted.length === 0 || wrong !== undefined) {
    const detail = "The query names who is counted, such as ?identity.consumer=ID or ?identity.id=ID.";
    throw new RefusalError(refuse("malformed-query", { detail }));
  }
  return keyNamed(c.req.param("quota") ?? "", counted);
}

function readChange(body: unknown): { readonly used: number; readonly reason: string } {
  const fields = typeof body === "object" && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const { used, reason, ...others } = fields;
  const [other] = Object.keys(others);
  const wrong = (field: string, what: string) =>
    new RefusalError(refuse("malformed-body", { detail: `${field} ${what}.`, extensions: { field } }));
  if (other !== undefined) throw wrong(other, "is not a field: used and reason are");
  if (typeof used !== "number" || !Number.isInteger(used) || used < 0 || used > MOST_USED)
    throw wrong("used", `is a whole number from 0 to ${MOST_USED}`);
  if (typeof reason !== "string" || reason.trim() === "" || reason.length > 1_000)
    throw wrong("reason", "is a text of 1 to 1,000 characters");
  return { used, reason };
}

function unknown(): RefusalError {
  const detail =
    "Nothing is counted: nobody of this name has called lately, or the quota has another name or counts by something else.";
  return new RefusalError(refuse("entry-not-found", { detail }));
}

function shown(c: Context, { used, limit, period: { start, end }, zone }: QuotaRecord): object {
  return {
    name: c.req.param("quota"),
    counted: Object.fromEntries(new URL(c.req.url).searchParams),
    period: { start: isoIn(start, zone), end: isoIn(end, zone), timeZone: zone },
    limit,
    used,
    remaining: Math.max(0, limit - used),
  };
}
