import { describe, expect, it } from "vitest";
import { createBlocksAdmin } from "../../src/admin/blocks.ts";
import { createMemoryBlocks } from "../../src/stores/blocks/memory.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

function admin() {
  const store = createMemoryBlocks();
  const clock = { now: NOW };
  const app = createBlocksAdmin({ store, lists: store, now: () => clock.now, requestId: () => "request-1" });
  const call = async (method: string, path: string, body?: unknown) => {
    const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = await app.request(path, init);
    const text = await answer.text();
    return {
      status: answer.status,
      json: text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>),
    };
  };
  return { call, clock };
}

const entry = { list: "abuse", kind: "network", value: "192.0.2.0/24", reason: "floods" };

describe("the lists", () => {
  it("have what was put, as it was put, until it is removed", async () => {
    const { call } = admin();
    const expiresAt = "2026-11-22T12:00:00.000Z";
    const shown = { ...entry, expiresAt, createdAt: "2026-11-21T12:00:00.000Z", createdBy: "admin" };
    expect(await call("PUT", "/", { ...entry, expiresAt: "2026-11-22T13:00:00+01:00" })).toEqual({
      status: 200,
      json: shown,
    });
    expect((await call("GET", "/")).json).toEqual({ entries: [shown] });
    expect((await call("GET", "/?list=other")).json).toEqual({ entries: [] });
    const id = `/?list=abuse&kind=network&value=${encodeURIComponent("192.0.2.0/24")}`;
    expect((await call("DELETE", id)).status).toBe(204);
    expect((await call("DELETE", id)).status).toBe(404);
    expect((await call("GET", "/")).json).toEqual({ entries: [] });
  });

  it("do not show what has expired", async () => {
    const { call, clock } = admin();
    await call("PUT", "/", { ...entry, expiresAt: "2026-11-21T12:00:01Z" });
    clock.now += 1_000;
    expect((await call("GET", "/")).json).toEqual({ entries: [] });
  });

  it("have one entry for the two spellings of a network", async () => {
    const { call } = admin();
    await call("PUT", "/", { ...entry, value: "2001:DB8::/32" });
    await call("PUT", "/", { ...entry, value: "2001:db8::/32" });
    expect((await call("GET", "/")).json?.entries).toHaveLength(1);
  });

  it("have one entry for the spellings of a certificate's fingerprint, and leave other keys as they are", async () => {
    const { call } = admin();
    const bytes = Array.from({ length: 32 }, (_, index) => (160 + index).toString(16));
    for (const value of [bytes.join(":").toUpperCase(), bytes.join("")])
      await call("PUT", "/", { ...entry, kind: "key", value });
    await call("PUT", "/", { ...entry, kind: "key", value: "https://Login.example#A:1" });
    const { entries } = (await call("GET", "/")).json as { entries: Array<{ value: string }> };
    expect(entries.map(({ value }) => value)).toEqual([bytes.join(""), "https://Login.example#A:1"]);
    const query = `/?list=abuse&kind=key&value=${encodeURIComponent(bytes.join(":"))}`;
    expect((await call("DELETE", query)).status).toBe(204);
  });

  it("tell what was changed, the latest first", async () => {
    const { call } = admin();
    await call("PUT", "/", entry);
    await call("DELETE", "/?list=abuse&kind=network&value=192.0.2.0/24");
    const { json } = await call("GET", "/changes?limit=1");
    expect(json?.changes).toMatchObject([
      { version: 2, at: "2026-11-21T12:00:00.000Z", by: "admin", action: "remove" },
    ]);
    expect((await call("GET", "/changes?before=2")).json?.changes).toMatchObject([
      { version: 1, action: "put", entry },
    ]);
  });
});

describe("a call that is malformed", () => {
  it.each<[string, unknown, string]>([
    ["list", { ...entry, list: "No Name" }, "list is"],
    ["list", { ...entry, list: undefined }, "list is"],
    [
      "kind",
      { ...entry, kind: "toString" },
      "kind is one of network, asn, country, consumer, identity, key.",
    ],
    ["value", { ...entry, value: "192.0.2.1/24" }, "value is an address"],
    ["value", { ...entry, kind: "asn", value: "AS1" }, "value is the number"],
    ["value", { ...entry, kind: "country", value: "xx" }, "value is a country's code"],
    ["value", { ...entry, kind: "consumer", value: "" }, "value is a consumer's id"],
    ["value", { ...entry, value: 7 }, "value is an address"],
    ["reason", { ...entry, reason: "" }, "reason is a text"],
    ["expiresAt", { ...entry, expiresAt: "2026-11-21T12:00:00Z" }, "expiresAt is a time to come"],
    ["expiresAt", { ...entry, expiresAt: "2027-01-01" }, "expiresAt is a time to come"],
    ["another field", { ...entry, until: 1 }, "until is not a field"],
    ["the whole", [entry], "The body is a JSON object."],
  ])("is a 400 that names what is wrong: %s", async (_, body, detail) => {
    const { call } = admin();
    const answer = await call("PUT", "/", body);
    expect([answer.status, answer.json?.detail]).toEqual([400, expect.stringContaining(detail)]);
    expect((await call("GET", "/")).json).toEqual({ entries: [] });
  });

  it.each(["/changes?limit=0", "/changes?limit=x", "/changes?limit=1001", "/changes?before=-1"])(
    "is a 400: %s",
    async (path) => {
      expect((await admin().call("GET", path)).status).toBe(400);
    },
  );

  it("to remove is a 400 too", async () => {
    expect((await admin().call("DELETE", "/?list=abuse&kind=x&value=1")).json?.detail).toContain(
      "kind is one of",
    );
  });
});
