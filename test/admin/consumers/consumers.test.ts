import { Hono } from "hono/tiny";
import { describe, expect, it } from "vitest";
import { createConsumersAdmin } from "../../../src/admin/consumers/consumers.ts";
import { problem } from "../../../src/errors/problem.ts";
import { RefusalError } from "../../../src/errors/refusal.ts";
import { maybeKey } from "../../../src/identity/api-key/format.ts";
import { hashKey } from "../../../src/identity/api-key/hash.ts";
import { createMemoryConsumers } from "../../../src/stores/consumers/memory.ts";

const NOW = Date.UTC(2026, 10, 21);
const LATER = "2027-01-31T12:00:00Z";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { secret?: string; key?: Record<string, unknown> };
}

/** The app over a registry of its own. */
function admin() {
  const registry = createMemoryConsumers();
  const app = new Hono().basePath("/_gateway/consumers");
  const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);
  app.route("/", createConsumersAdmin({ registry, now: () => NOW, random, actorOf: () => "ada" }));
  app.onError((cause) => {
    if (cause instanceof RefusalError) return problem(cause.refusal, "request-1");
    throw cause;
  });
  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const init = { method, headers: { "content-type": "application/json", ...headers } };
    const response = await app.request(
      `/_gateway/consumers${path}`,
      body === undefined ? init : { ...init, body: text },
    );
    const answer = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: answer === "" ? {} : (JSON.parse(answer) as Answer["body"]),
    };
  }
  return { ask, registry };
}

describe("consumers", () => {
  it("are created, read, changed and removed", async () => {
    const { ask } = admin();
    const acme = { id: "acme", name: "Acme", plan: "free", roles: ["partner"], metadata: { seats: 3 } };
    const created = await ask("POST", "", acme);
    expect(created).toMatchObject({
      status: 201,
      body: { ...acme, suspended: false, createdAt: "2026-11-21T00:00:00.000Z", version: 1 },
    });
    expect(created.headers.get("location")).toBe("/_gateway/consumers/acme");
    expect(created.headers.get("etag")).toBe('"1"');
    const read = await ask("GET", "/acme");
    expect([read.status, read.headers.get("etag"), read.body]).toEqual([
      200,
      '"1"',
      { ...created.body, keys: [] },
    ]);
    const changed = await ask("PATCH", "/acme", { plan: "gold", name: null }, { "if-match": '"1"' });
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"2"']);
    expect(changed.body).toMatchObject({ plan: "gold", roles: ["partner"], version: 2 });
    expect(changed.body).not.toHaveProperty("name");
    expect((await ask("DELETE", "/acme", undefined, { "if-match": '"2"' })).status).toBe(204);
    expect(await ask("GET", "/acme")).toMatchObject({ status: 404, body: { code: "entry-not-found" } });
  });

  it("without an id get one of their own", async () => {
    const { ask } = admin();
    const ids = [await ask("POST", "", {}), await ask("POST", "")].map(({ body }) => String(body.id));
    for (const id of ids) expect(id).toMatch(/^con_[0-9A-Za-z]{16}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("are created once under one Idempotency-Key", async () => {
    const { ask } = admin();
    const once = { "idempotency-key": "order-1" };
    const first = await ask("POST", "", { name: "Acme" }, once);
    const again = await ask("POST", "", { name: "Acme" }, once);
    expect([first.status, again.status, again.body]).toEqual([201, 200, first.body]);
    const other = await ask("POST", "", { name: "Other" }, once);
    expect(other).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect((await ask("GET", "")).body.consumers).toHaveLength(1);
  });

  it("lose no update of two admins at once", async () => {
    const { ask } = admin();
    await ask("POST", "", { id: "acme" });
    const change = (plan: string) => ask("PATCH", "/acme", { plan }, { "if-match": '"1"' });
    const answers = await Promise.all([change("a"), change("b")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    for (const method of ["PATCH", "DELETE"]) {
      const blind = await ask(method, "/acme", method === "PATCH" ? { plan: "c" } : undefined);
      expect(blind).toMatchObject({ status: 428, body: { code: "precondition-required" } });
      for (const field of ["*", "1", 'W/"1"', '"1", "2"']) {
        const answer = await ask(method, "/acme", { plan: "c" }, { "if-match": field });
        expect(answer.status).toBe(400);
      }
    }
  });

  it("are listed part by part", async () => {
    const { ask } = admin();
    for (const id of ["c", "a", "b"]) await ask("POST", "", { id });
    const first = await ask("GET", "?limit=2");
    expect(first.body).toMatchObject({ consumers: [{ id: "a" }, { id: "b" }], next: "b" });
    const second = await ask("GET", "?limit=2&after=b");
    expect(second.body).toMatchObject({ consumers: [{ id: "c" }] });
    expect(second.body).not.toHaveProperty("next");
    for (const [query, field] of [
      ["limit=0", "limit"],
      ["limit=501", "limit"],
      ["limit=x", "limit"],
      ["after=%20", "after"],
    ]) {
      const answer = await ask("GET", `?${query}`);
      expect(answer).toMatchObject({ status: 400, body: { code: "malformed-query", field } });
    }
  });
});

describe("keys", () => {
  async function withKey() {
    const made = admin();
    await made.ask("POST", "", { id: "acme" });
    const { body } = await made.ask("POST", "/acme/keys", { prefix: "shop_live", scopes: ["a"] });
    return { ...made, secret: String(body.secret), id: String(body.key?.id) };
  }

  it("are shown once, and kept as a hash", async () => {
    const { ask, registry, secret, id } = await withKey();
    expect(maybeKey(secret, "shop_live")).toBe(true);
    expect(await registry.find(await hashKey(secret), NOW)).toMatchObject({ key: { id } });
    const texts = [await ask("GET", "/acme"), await ask("GET", ""), await ask("GET", "/audit")];
    const all = JSON.stringify(texts.map(({ body }) => body));
    expect(all).toContain(id);
    expect(all).not.toContain(secret.slice("shop_live_".length));
    expect(all).not.toContain(await hashKey(secret));
  });

  it("are what they were made", async () => {
    const { ask } = await withKey();
    const grant = {
      prefix: "shop_test",
      label: "till 4",
      scopes: ["orders:read"],
      routes: ["GET /v1/orders/:id", "* /v1/*"],
      addresses: ["192.0.2.0/24", "2001:db8::1"],
      origins: ["https://shop.example", "https://*.shop.example"],
    };
    const { status, body } = await ask("POST", "/acme/keys", { ...grant, expiresAt: LATER });
    expect(status).toBe(201);
    expect(body.key).toMatchObject({ ...grant, consumer: "acme", expiresAt: "2027-01-31T12:00:00.000Z" });
  });

  it("are created once under one Idempotency-Key, and not shown again", async () => {
    const { ask } = await withKey();
    const make = () => ask("POST", "/acme/keys", { prefix: "shop" }, { "idempotency-key": "k-1" });
    const [first, again] = [await make(), await make()];
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual({ key: first.body.key });
    // The same body for another consumer is another request.
    await ask("POST", "", { id: "other" });
    const other = await ask("POST", "/other/keys", { prefix: "shop" }, { "idempotency-key": "k-1" });
    expect(other).toMatchObject({ status: 409, body: { code: "conflict" } });
  });

  it("are rolled with an overlap", async () => {
    const { ask, registry, secret, id } = await withKey();
    const rolled = await ask("POST", `/acme/keys/${id}/roll`, { overlapSeconds: 60 });
    expect(rolled.status).toBe(201);
    expect(maybeKey(String(rolled.body.secret), "shop_live")).toBe(true);
    expect(rolled.body.key).toMatchObject({ scopes: ["a"], consumer: "acme" });
    const holds = async (key: string, at: number) =>
      (await registry.find(await hashKey(key), at)) !== undefined;
    expect([await holds(secret, NOW + 59_999), await holds(secret, NOW + 60_000)]).toEqual([true, false]);
    expect(await holds(String(rolled.body.secret), NOW + 60_000)).toBe(true);
    expect(await ask("POST", `/acme/keys/${id}/roll`)).toMatchObject({ status: 409 });
  });

  it("overlap for a day unless told otherwise", async () => {
    const { ask, id } = await withKey();
    await ask("POST", `/acme/keys/${id}/roll`);
    const { body } = await ask("GET", "/acme");
    expect(body.keys).toMatchObject([{ id, expiresAt: "2026-11-22T00:00:00.000Z" }, {}]);
  });

  it("are revoked, as often as one likes", async () => {
    const { ask, registry, secret, id } = await withKey();
    for (const _ of ["once", "again"]) {
      const { status, body } = await ask("POST", `/acme/keys/${id}/revoke`);
      expect([status, body.key?.revokedAt]).toEqual([200, "2026-11-21T00:00:00.000Z"]);
    }
    expect(await registry.find(await hashKey(secret), NOW)).toBeUndefined();
  });

  it("are reached through their own consumer only", async () => {
    const { ask, registry, secret, id } = await withKey();
    await ask("POST", "", { id: "other" });
    for (const what of ["revoke", "roll"]) {
      expect((await ask("POST", `/other/keys/${id}/${what}`)).status).toBe(404);
      expect((await ask("POST", `/acme/keys/nothing/${what}`)).status).toBe(404);
    }
    expect((await ask("POST", "/nobody/keys", { prefix: "shop" })).status).toBe(404);
    expect(await registry.find(await hashKey(secret), NOW)).toBeDefined();
  });
});

describe("the audit log", () => {
  it("tells who did what and when, the newest first, part by part", async () => {
    const { ask } = admin();
    await ask("POST", "", { id: "acme", metadata: { iban: "DE00 1234" } });
    const { body } = await ask("POST", "/acme/keys", { prefix: "shop", expiresAt: LATER });
    await ask("POST", `/acme/keys/${body.key?.id}/revoke`);
    await ask("POST", "", { id: "other" });
    const first = (await ask("GET", "/audit?limit=2")).body;
    expect(first).toMatchObject({
      lines: [
        { actor: "ada", at: "2026-11-21T00:00:00.000Z", action: "consumer.create", consumer: "other" },
        { action: "key.revoke", consumer: "acme", key: body.key?.id },
      ],
    });
    const rest = (await ask("GET", `/audit?limit=10&after=${first.next}`)).body;
    expect(rest).toMatchObject({
      lines: [
        { action: "key.create", detail: { expiresAt: "2027-01-31T12:00:00.000Z" } },
        { action: "consumer.create", detail: { metadata: ["iban"] } },
      ],
    });
    const own = (await ask("GET", "/audit?consumer=other")).body;
    expect(own.lines).toHaveLength(1);
    expect(JSON.stringify([first, rest])).not.toContain("DE00");
  });
});

describe("a malformed call", () => {
  const wrongConsumers: ReadonlyArray<readonly [field: string, body: unknown]> = [
    ["", []],
    ["", "null"],
    ["", 3],
    ["plans", { plans: "gold" }],
    ["id", { id: "" }],
    ["id", { id: "../x" }],
    ["id", { id: "audit" }],
    ["id", { id: 3 }],
    ["name", { name: "" }],
    ["name", { name: "a\nb" }],
    ["name", { name: "x".repeat(201) }],
    ["name", '{"name":"\\ud800"}'],
    ["plan", { plan: "a b" }],
    ["plan", { plan: null }],
    ["roles", { roles: "admin" }],
    ["roles[1]", { roles: ["a", ""] }],
    ["roles[2]", { roles: ["a", "b", "a"] }],
    ["roles", { roles: Array.from({ length: 101 }, (_, n) => `r${n}`) }],
    ["metadata", { metadata: [] }],
    ["metadata", { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`m${n}`, 1])) }],
    ["metadata.a b", { metadata: { "a b": 1 } }],
    ["metadata.__proto__", '{"metadata":{"__proto__":1}}'],
    ["metadata.org", { metadata: { org: null } }],
    ["metadata.org", { metadata: { org: { deep: 1 } } }],
    ["metadata.org", { metadata: { org: "x".repeat(1_001) } }],
    ["suspended", { suspended: "no" }],
  ];
  const wrongKeys: ReadonlyArray<readonly [field: string, body: object]> = [
    ["prefix", {}],
    ["prefix", { prefix: "Shop" }],
    ["hash", { prefix: "shop", hash: "x" }],
    ["label", { prefix: "shop", label: 3 }],
    ["scopes[0]", { prefix: "shop", scopes: ["a b"] }],
    ["routes[0]", { prefix: "shop", routes: ["/orders"] }],
    ["routes[1]", { prefix: "shop", routes: ["GET /a", "get /b"] }],
    ["addresses[0]", { prefix: "shop", addresses: ["192.0.2.1/24"] }],
    ["addresses[0]", { prefix: "shop", addresses: ["localhost"] }],
    ["origins[0]", { prefix: "shop", origins: ["https://shop.example/"] }],
    ["origins[0]", { prefix: "shop", origins: ["https://shop.example:443"] }],
    ["expiresAt", { prefix: "shop", expiresAt: "tomorrow" }],
    ["expiresAt", { prefix: "shop", expiresAt: "2026-11-20T00:00:00Z" }],
    ["expiresAt", { prefix: "shop", expiresAt: "2027-01-31T12:00:00" }],
    ["expiresAt", { prefix: "shop", expiresAt: "2027-02-31T99:00:00Z" }],
  ];

  it.each(wrongConsumers)("to create a consumer is 400 and names the field %j: %j", async (field, body) => {
    const { ask } = admin();
    const answer = await ask("POST", "", body);
    expect(answer).toMatchObject({ status: 400, body: { code: "malformed-body", field } });
    expect(answer.body.detail).toMatch(field === "" ? /^The body / : /\.$/);
    expect((await ask("GET", "")).body.consumers).toEqual([]);
  });

  it.each(wrongKeys)("to create a key is 400 and names the field %j: %j", async (field, body) => {
    const { ask } = admin();
    await ask("POST", "", { id: "acme" });
    const answer = await ask("POST", "/acme/keys", body);
    expect(answer).toMatchObject({ status: 400, body: { code: "malformed-body", field } });
    expect((await ask("GET", "/acme")).body.keys).toEqual([]);
  });

  it("to change, to roll or in its envelope is 400 too", async () => {
    const { ask } = admin();
    await ask("POST", "", { id: "acme" });
    const { body } = await ask("POST", "/acme/keys", { prefix: "shop" });
    const version = { "if-match": '"1"' };
    expect((await ask("PATCH", "/acme", {}, version)).body).toMatchObject({ field: "" });
    expect((await ask("PATCH", "/acme", { id: "other" }, version)).body).toMatchObject({ field: "id" });
    for (const overlapSeconds of [-1, 0.5, "60", 90 * 86_400 + 1]) {
      const answer = await ask("POST", `/acme/keys/${body.key?.id}/roll`, { overlapSeconds });
      expect(answer).toMatchObject({ status: 400, body: { field: "overlapSeconds" } });
    }
    expect((await ask("POST", "", "{")).body.code).toBe("malformed-body");
    expect((await ask("POST", "", {}, { "content-type": "text/plain" })).body.code).toBe("malformed-header");
    expect((await ask("POST", "", {}, { "idempotency-key": "a b" })).body.code).toBe("malformed-header");
    expect((await ask("POST", "", { name: "x".repeat(100_001) })).body.code).toBe("body-too-large");
  });
});
