import { Hono } from "hono/tiny";
import { describe, expect, it } from "vitest";
import { createConsumersAdmin } from "../../../src/admin/consumers/consumers.ts";
import { problem } from "../../../src/errors/problem.ts";
import { RefusalError } from "../../../src/errors/refusal.ts";
import { hashKey } from "../../../src/identity/api-key/hash.ts";
import { createMemoryConsumers } from "../../../src/stores/consumers/memory.ts";

const NOW = Date.UTC(2026, 10, 21);
const TIME = "2026-11-20T12:00:00.000Z";
const HASH = "0123456789abcdef".repeat(4);

type Body = Record<string, unknown>;

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
  async function ask(method: string, path: string, body?: unknown) {
    const headers = { "content-type": "application/json" };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await app.request(`/_gateway/consumers${path}`, init);
    return { status: response.status, body: (await response.json()) as Body };
  }
  const take = (...records: unknown[]) => ask("POST", "/import", { records });
  return { ask, take, registry };
}

const consumer = (more: Body = {}) => ({
  consumer: { id: "acme", createdAt: TIME, version: 2, ...more },
});
const key = (more: Body = {}) => ({
  key: { id: "k1", consumer: "acme", prefix: "shop", hash: HASH, createdAt: TIME, ...more },
});

describe("an export", () => {
  it("has consumers and keys with all they are, keys as hashes and never as their text", async () => {
    const { ask } = admin();
    await ask("POST", "", {
      id: "acme",
      plan: "gold",
      roles: ["a"],
      metadata: { org: "x" },
      suspended: true,
    });
    const grant = { prefix: "shop", label: "till", scopes: ["read"], routes: ["GET /a"] };
    const made = await ask("POST", "/acme/keys", { ...grant, expiresAt: "2027-01-31T12:00:00.000Z" });
    const secret = String(made.body.secret);
    const { status, body } = await ask("GET", "/export");
    const createdAt = "2026-11-21T00:00:00.000Z";
    const acme = { id: "acme", plan: "gold", roles: ["a"], metadata: { org: "x" }, suspended: true };
    expect([status, body]).toEqual([
      200,
      {
        records: [
          { consumer: { ...acme, createdAt, version: 1 } },
          { key: { ...(made.body.key as Body), ...grant, hash: await hashKey(secret) } },
        ],
      },
    ]);
    expect(JSON.stringify(body)).not.toContain(secret.slice("shop_".length));
  });

  it("has neither admin tokens nor the audit log", async () => {
    const { ask, registry } = admin();
    const token = { id: "tok_1", name: "ci", scopes: ["audit:read"] as const, hash: "of a token" };
    await registry.addToken(token, { actor: "operator", at: NOW });
    expect((await ask("GET", "/export")).body).toEqual({ records: [] });
  });

  it("goes part by part into an import, and the copy exports the same", async () => {
    const [one, other] = [admin(), admin()];
    for (const id of ["a", "b", "c"]) {
      await one.ask("POST", "", { id });
      for (const prefix of ["x", "y"]) await one.ask("POST", `/${id}/keys`, { prefix });
    }
    const all: unknown[] = [];
    for (let after = ""; ; ) {
      const { body } = await one.ask("GET", `/export?limit=2${after}`);
      const { status, body: done } = await other.ask("POST", "/import", { records: body.records });
      expect([status, done]).toEqual([200, { outcomes: (body.records as []).map(() => "created") }]);
      all.push(...(body.records as unknown[]));
      if (body.next === undefined) break;
      after = `&after=${encodeURIComponent(String(body.next))}`;
    }
    expect(all).toHaveLength(9);
    expect((await other.ask("GET", "/export?limit=500")).body).toEqual({ records: all });
    expect((await other.take(...all)).body).toEqual({ outcomes: all.map(() => "unchanged") });
  });

  it.each([
    ["limit=501", "limit"],
    ["after=acme", "after"],
    ["after=%2F3", "after"],
  ])("is 400 for %s", async (query, field) => {
    const { status, body } = await admin().ask("GET", `/export?${query}`);
    expect([status, body]).toMatchObject([400, { code: "malformed-query", field }]);
  });
});

describe("an import", () => {
  it("is all or nothing, and names what conflicts", async () => {
    const { ask, take } = admin();
    expect((await take(consumer({ plan: "free" }), key())).status).toBe(200);
    const { status, body } = await take(
      consumer({ id: "new" }),
      consumer({ plan: "gold" }),
      key({ id: "k2", consumer: "new" }),
    );
    expect([status, body]).toMatchObject([
      409,
      {
        code: "conflict",
        detail: "Nothing was imported: records[1].consumer is not as it is here. 1 more in conflicts.",
        conflicts: [
          { field: "records[1].consumer" },
          {
            field: "records[2].key.hash",
            detail: "records[2].key.hash is that of another consumer's key.",
          },
        ],
      },
    ]);
    expect((await ask("GET", "")).body).toMatchObject({ consumers: [{ id: "acme", plan: "free" }] });
    const replaced = await ask("POST", "/import", {
      records: [consumer({ id: "new" }), consumer({ plan: "gold" })],
      onConflict: "replace",
    });
    expect(replaced.body).toEqual({ outcomes: ["created", "replaced"] });
    expect((await ask("GET", "/acme")).body).toMatchObject({ plan: "gold", version: 3 });
  });

  it("keeps ids that stand for something else in paths from being anybody's", async () => {
    for (const id of ["export", "import", "audit", "tokens"]) {
      const { status, body } = await admin().take(consumer({ id }));
      expect([status, body.field]).toEqual([400, "records[0].consumer.id"]);
    }
  });

  const wrong: ReadonlyArray<readonly [field: string, body: unknown]> = [
    ["", []],
    ["records", {}],
    ["records", { records: {} }],
    ["records", { records: Array.from({ length: 501 }, (_, n) => consumer({ id: `c${n}` })) }],
    ["onConflict", { records: [], onConflict: "ask" }],
    ["mode", { records: [], mode: "replace" }],
    ["records[0]", { records: [null] }],
    ["records[0]", { records: [{}] }],
    ["records[0]", { records: [{ ...consumer(), ...key() }] }],
    ["records[0].token", { records: [{ token: {} }] }],
    ["records[1].consumer", { records: [consumer(), { consumer: 3 }] }],
    ["records[1].consumer.id", { records: [consumer(), { consumer: { createdAt: TIME, version: 1 } }] }],
    ["records[1].consumer.roles[1]", { records: [consumer(), consumer({ roles: ["a", 3] })] }],
    ["records[1].consumer.version", { records: [consumer(), consumer({ version: 0 })] }],
    ["records[0].consumer.createdAt", { records: [consumer({ createdAt: 3 })] }],
    ["records[0].consumer.keys", { records: [consumer({ keys: [] })] }],
    ["records[1].key.hash", { records: [consumer(), key({ hash: HASH.toUpperCase() })] }],
    ["records[1].key.hash", { records: [consumer(), key({ hash: "shop_live_the key itself" })] }],
    ["records[1].key.id", { records: [consumer(), key({ id: "../k" })] }],
    ["records[1].key.consumer", { records: [consumer(), key({ consumer: undefined })] }],
    ["records[1].key.prefix", { records: [consumer(), key({ prefix: "Shop" })] }],
    ["records[1].key.addresses[0]", { records: [consumer(), key({ addresses: ["everywhere"] })] }],
    ["records[1].key.expiresAt", { records: [consumer(), key({ expiresAt: "2026-13-01T00:00:00Z" })] }],
    ["records[1].key.revokedAt", { records: [consumer(), key({ revokedAt: true })] }],
    ["records[1].key.secret", { records: [consumer(), key({ secret: "shop_x" })] }],
  ];
  it.each(wrong)("is 400 and names record and field %j", async (field, body) => {
    const { ask } = admin();
    const answer = await ask("POST", "/import", body);
    expect(answer).toMatchObject({ status: 400, body: { code: "malformed-body", field } });
    expect((await ask("GET", "")).body.consumers).toEqual([]);
    expect((await ask("GET", "/audit")).body.lines).toEqual([]);
  });

  it("takes keys that have ended, as ended", async () => {
    const { ask, take } = admin();
    const ended = { expiresAt: "2020-01-01T00:00:00Z", revokedAt: TIME, lastUsedAt: TIME, replacedBy: "k0" };
    expect((await take(consumer(), key(ended))).body).toEqual({ outcomes: ["created", "created"] });
    expect((await ask("GET", "/acme")).body.keys).toMatchObject([
      { ...ended, expiresAt: "2020-01-01T00:00:00.000Z" },
    ]);
  });

  it("has a body of 4 MB at most", async () => {
    const { take } = admin();
    const filler = "x".repeat(4_000_000);
    expect((await take(consumer({ name: filler }))).status).toBe(413);
  });
});
