import { describe, expect, it } from "vitest";
import { createMetersAdmin } from "../../../src/admin/meters/meters.ts";
import { RefusalError } from "../../../src/errors/refusal.ts";
import { createMemoryMeters } from "../../../src/stores/meters/memory.ts";

const NOW = 1_800_000_000_000;

function admin(isRegistered?: (id: string) => Promise<boolean>) {
  const store = createMemoryMeters(() => NOW);
  const app = createMetersAdmin({ store, now: () => NOW, requestId: () => "r", isRegistered });
  app.onError((error) => {
    if (!(error instanceof RefusalError)) throw error;
    return Response.json(error.refusal.details, { status: error.refusal.entry.status });
  });
  const call = (path: string, body?: unknown, key?: string) =>
    app.request(
      `https://gateway.example/_gateway/admin/meters${path}`.replace("/_gateway/admin/meters", ""),
      {
        ...(body !== undefined && {
          method: "POST",
          body: JSON.stringify(body),
          headers: {
            "content-type": "application/json",
            ...(key !== undefined && { "idempotency-key": key }),
          },
        }),
      },
    );
  return { store, call };
}

describe("the meters' part of the admin API", () => {
  it.each(["/usage", "/outbox", "/credit"])("%s asks for a consumer", async (path) => {
    expect((await admin().call(path)).status).toBe(400);
  });

  it("tells usage by event and time", async () => {
    const { store, call } = admin();
    const session = await store.open("ada");
    const to = [{ upstream: "b", path: "/", everyMs: 1_000, batch: 5 }];
    const line = (event: string, hour: number) => ({
      event,
      dimensions: {},
      minute: hour * 60,
      value: 2,
      count: 1,
      to: 0,
    });
    const lines = [line("a", 500_000), line("b", 500_000), line("a", 499_000)];
    await store.flush("ada", { session, sequence: 1, to, lines, settled: [] });
    const events = async (query: string) =>
      (
        (await (await call(`/usage?subject=ada${query}`)).json()) as { usage: Array<{ event: string }> }
      ).usage.map(({ event }) => event);
    expect((await events("")).sort()).toEqual(["a", "b"]);
    expect(await events("&event=b")).toEqual(["b"]);
    expect(await events("&from=2026-11-01T00:00:00Z&event=a")).toEqual(["a", "a"]);
    expect(await events("&to=2026-12-10T00:00:00Z&from=2026-11-01T00:00:00Z")).toEqual(["a"]);
    expect((await call("/usage?subject=ada&from=rubbish")).status).toBe(400);
  });

  it.each([
    { units: 0, reason: "x" },
    { units: 1.5, reason: "x" },
    { units: 1 },
    { units: 1, reason: "x", more: 1 },
  ])("refuses %j as credit", async (body) => {
    expect((await admin().call("/credit?subject=ada", body, "k")).status).toBe(400);
  });

  it("tells what was done to credit, by whom and why, part by part", async () => {
    const { call } = admin();
    await call("/credit?subject=ada", { units: 5, reason: "invoice 7" }, "k1");
    await call("/credit?subject=ada", { units: -2, reason: "refund" }, "k2");
    const read = async (query: string) =>
      (await call(`/audit?subject=ada&limit=1${query}`)).json<{ next?: string }>();
    const at = new Date(NOW).toISOString();
    const first = await read("");
    const line = { at, actor: "operator", did: "credit" };
    expect(first).toEqual({
      lines: [{ ...line, number: 2, reason: "refund", units: -2, balance: 3 }],
      next: "2",
    });
    expect(await read(`&after=${first.next}`)).toEqual({
      lines: [{ ...line, number: 1, reason: "invoice 7", units: 5, balance: 5 }],
    });
    expect((await call("/audit?subject=ada&after=x")).status).toBe(400);
  });

  it("gives no credit to a name that nobody is registered by, unless told to", async () => {
    const { call, store } = admin(async (id) => id === "ada");
    const add = async (query: string, key: string) =>
      (await call(`/credit?subject=${query}`, { units: 5, reason: "x" }, key)).status;
    expect(await add("ada", "a")).toBe(200);
    expect(await add("aad", "b")).toBe(404);
    expect(await store.credit("aad")).toEqual({ balance: 0, reserved: 0 });
    expect(await add("https://login.example%23eve&unregistered=true", "c")).toBe(200);
  });

  /** Makes a dead batch of a consumer's. */
  async function kill(store: ReturnType<typeof createMemoryMeters>, subject: string, path = "/") {
    const to = [{ upstream: "b", path, everyMs: 0, batch: 5 }];
    const lines = [{ event: "e", dimensions: {}, minute: 1, value: 2, count: 1, to: 0 }];
    await store.flush(subject, { session: await store.open(subject), sequence: 1, to, lines, settled: [] });
    const { outbox } = store.book(subject);
    outbox.gather(NOW);
    for (const batch of outbox.due(NOW)) outbox.sent(batch, { status: 422 }, NOW);
  }

  it("lists all outboxes that owe something, and has what one receiver would not have tried anew", async () => {
    const { store, call } = admin();
    for (let consumer = 0; consumer < 60; consumer++)
      await kill(store, `c${String(consumer).padStart(2, "0")}`);
    await kill(store, "other", "/other");
    type Listed = { outboxes: Array<{ subject: string }>; next?: string };
    const list = async (query: string) => (await call(`/${query}`)).json<Listed>();
    const first = await list("?limit=60");
    expect(first.outboxes).toHaveLength(60);
    const at = new Date(NOW).toISOString();
    expect(first.outboxes[0]).toEqual({
      subject: "c00",
      at,
      undelivered: [{ upstream: "b", path: "/", dead: 1, waiting: 0, oldest: at, last: "status 422" }],
    });
    expect((await list(`?after=${first.next}`)).outboxes.map(({ subject }) => subject)).toEqual(["other"]);

    const retry = async (query: string) =>
      (await call(`/retry${query}`, { upstream: "b", path: "/" })).json();
    expect(await retry("")).toEqual({ batches: 40, failed: [], next: "c39" });
    expect(await retry("?after=c39")).toEqual({ batches: 20, failed: [] });
    expect((await list("")).outboxes.map(({ subject }) => subject)).toEqual(["other"]);
    expect((await call("/retry", { upstream: "b" })).status).toBe(400);
  });

  it("says whose batches could not be tried anew", async () => {
    const { store, call } = admin();
    await kill(store, "ada");
    store.retryDead = () => Promise.reject(new Error("down"));
    expect(await (await call("/retry", { upstream: "b", path: "/" })).json()).toEqual({
      batches: 0,
      failed: ["ada"],
    });
  });

  it("gives up a dead batch for a reason, and no other", async () => {
    const { store, call } = admin();
    await kill(store, "ada");
    const [batch] = (await store.outbox("ada")).batches;
    const discard = async (body: object) => (await call("/outbox/discard?subject=ada", body)).status;
    expect(await discard({ batch: batch!.id })).toBe(400);
    expect(await discard({ batch: "none", reason: "x" })).toBe(404);
    await store.retry("ada", batch!.id);
    expect(await discard({ batch: batch!.id, reason: "x" })).toBe(409);
    const { outbox } = store.book("ada");
    for (const each of outbox.due(NOW)) outbox.sent(each, { status: 400 }, NOW);
    expect(await discard({ batch: batch!.id, reason: "billed by hand" })).toBe(204);
    const { lines } = await (await call("/audit?subject=ada")).json<{ lines: object[] }>();
    expect(lines).toMatchObject([
      { did: "discard", reason: "billed by hand", units: { e: 2 }, last: "status 400" },
    ]);
    expect(await store.outbox("ada")).toEqual({ gathering: 0, batches: [] });
  });
});
