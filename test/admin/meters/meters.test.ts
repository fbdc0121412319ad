import { describe, expect, it } from "vitest";
import { createMetersAdmin } from "../../../src/admin/meters/meters.ts";
import { RefusalError } from "../../../src/errors/refusal.ts";
import { createMemoryMeters } from "../../../src/stores/meters/memory.ts";

const NOW = 1_800_000_000_000;

function admin() {
  const store = createMemoryMeters(() => NOW);
  const app = createMetersAdmin({ store, now: () => NOW, requestId: () => "r" });
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
});
