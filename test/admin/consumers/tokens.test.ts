import { describe, expect, it } from "vitest";
import { createAdmin } from "../../../src/admin/admin.ts";
import { createJudgedConsumersAdmin } from "../../../src/admin/consumers/judged.ts";
import { checksum } from "../../../src/identity/api-key/checksum.ts";
import { maybeKey } from "../../../src/identity/api-key/format.ts";
import { createMemoryConsumers } from "../../../src/stores/consumers/memory.ts";
import { clock } from "../../identity/support.ts";

const SECRET = "the operators' own";

/** The whole admin app, and calls to its consumers' part. */
function admin() {
  const now = clock();
  const app = createAdmin({
    blueprint: { hash: "", version: "", routes: [], policies: [] },
    secret: SECRET,
    requestId: () => "request-1",
    refusals: { since: async () => [] },
    consumers: createJudgedConsumersAdmin({
      registry: createMemoryConsumers(),
      secret: SECRET,
      requestId: () => "request-1",
      random: (bytes) => crypto.getRandomValues(bytes),
      now,
    }),
    explain: async () => "not for this test",
    now,
    log: () => {},
  });
  async function ask(token: string | undefined, method: string, path: string, body?: object) {
    const headers = {
      "content-type": "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = await app.request(`/_gateway/consumers${path}`, init);
    const text = await answer.text();
    return {
      status: answer.status,
      challenge: answer.headers.get("www-authenticate"),
      body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>,
    };
  }
  async function makeToken(fields: object) {
    const { status, body } = await ask(SECRET, "POST", "/tokens", fields);
    expect([status, body]).toEqual([201, body]);
    return { secret: String(body.secret), id: (body.token as { id: string }).id };
  }
  return { ask, makeToken, now };
}

describe("a token of the consumers' admin API", () => {
  it("is shown once", async () => {
    const { ask, makeToken } = admin();
    const { secret, id } = await makeToken({ name: "ci", scopes: ["consumers:read"] });
    expect(maybeKey(secret, "isogate_admin")).toBe(true);
    const listed = await ask(SECRET, "GET", "/tokens");
    expect(listed.body).toMatchObject({ tokens: [{ id, name: "ci", scopes: ["consumers:read"] }] });
    const audit = await ask(SECRET, "GET", "/audit");
    expect(audit.body).toMatchObject({ lines: [{ action: "token.create", token: id, actor: "operator" }] });
    expect(JSON.stringify([listed, audit])).not.toContain(secret.slice("isogate_admin_".length));
  });

  it.each([
    ["consumers:read", "GET", "", 200],
    ["consumers:read", "GET", "/acme", 200],
    ["consumers:read", "POST", "", 403],
    ["consumers:read", "POST", "/acme/keys", 403],
    ["consumers:read", "PATCH", "/acme", 403],
    ["consumers:read", "DELETE", "/acme", 403],
    ["consumers:read", "GET", "/audit", 403],
    ["consumers:read", "GET", "/tokens", 403],
    ["consumers:write", "POST", "", 201],
    ["consumers:write", "GET", "/acme", 403],
    ["consumers:write", "POST", "/tokens", 403],
    ["consumers:write", "POST", "/%74okens", 403],
    ["consumers:write", "POST", "/tokens/any/revoke", 403],
    ["consumers:read", "GET", "/export", 403],
    ["consumers:read", "GET", "/%65xport", 403],
    ["consumers:write", "GET", "/export", 403],
    ["consumers:write", "POST", "/import", 403],
    ["consumers:write", "POST", "/%69mport", 403],
    ["consumers:import", "GET", "/export", 403],
    ["consumers:import", "POST", "", 403],
    ["consumers:import", "GET", "/acme", 403],
    ["consumers:export", "GET", "/export", 200],
    ["consumers:export", "GET", "/acme", 403],
    ["consumers:export", "POST", "/import", 403],
    ["audit:read", "GET", "/audit", 200],
    ["audit:read", "GET", "", 403],
  ])("with %s gets %s %s → %i", async (scope, method, path, status) => {
    const { ask, makeToken } = admin();
    await ask(SECRET, "POST", "", { id: "acme" });
    const { secret } = await makeToken({ name: "ci", scopes: [scope] });
    const answer = await ask(secret, method, path, method === "GET" ? undefined : {});
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body.code).toBe("insufficient-rights");
    if (status === 403 && !path.includes("okens"))
      expect(answer.challenge).toContain('error="insufficient_scope"');
  });

  it("to import may import", async () => {
    const { ask, makeToken } = admin();
    const { secret } = await makeToken({ name: "mover", scopes: ["consumers:import"] });
    const acme = { id: "acme", createdAt: "2026-11-20T12:00:00Z", version: 1 };
    const answer = await ask(secret, "POST", "/import", { records: [{ consumer: acme }] });
    expect(answer).toMatchObject({ status: 200, body: { outcomes: ["created"] } });
    const { body } = await ask(SECRET, "GET", "/audit?consumer=acme");
    expect(body).toMatchObject({ lines: [{ actor: "mover", action: "consumer.import" }] });
  });

  it("stands in the audit log by its name", async () => {
    const { ask, makeToken } = admin();
    const { secret } = await makeToken({ name: "Ada's laptop", scopes: ["consumers:write"] });
    await ask(secret, "POST", "", { id: "acme" });
    const { body } = await ask(SECRET, "GET", "/audit?consumer=acme");
    expect(body).toMatchObject({ lines: [{ actor: "Ada's laptop", action: "consumer.create" }] });
  });

  it("is refused once it is revoked, and once it has expired", async () => {
    const { ask, makeToken, now } = admin();
    const { secret, id } = await makeToken({ name: "a", scopes: ["consumers:read"] });
    const expiresAt = new Date(now() + 60_000).toISOString();
    const brief = await makeToken({ name: "b", scopes: ["consumers:read"], expiresAt });
    expect((await ask(secret, "GET", "")).status).toBe(200);
    expect((await ask(SECRET, "POST", `/tokens/${id}/revoke`)).status).toBe(200);
    expect((await ask(secret, "GET", "")).status).toBe(401);
    now.advance(59_999);
    expect((await ask(brief.secret, "GET", "")).status).toBe(200);
    now.advance(1);
    expect((await ask(brief.secret, "GET", "")).status).toBe(401);
  });

  it("is no other: nothing, guesses and the gateway's own paths", async () => {
    const { ask, makeToken } = admin();
    const { secret } = await makeToken({ name: "ci", scopes: ["consumers:read", "consumers:write"] });
    const guess = `isogate_admin_${"0".repeat(24)}`;
    expect(await ask(undefined, "GET", "")).toMatchObject({
      status: 401,
      challenge: 'Bearer realm="isogate consumers"',
      body: { code: "credential-missing" },
    });
    for (const wrong of [`${guess}_${checksum(guess)}`, "guess", `${secret}x`, `x${SECRET}`]) {
      expect([wrong, (await ask(wrong, "GET", "")).status]).toEqual([
        wrong,
        wrong === `${SECRET} ` ? 200 : 401,
      ]);
    }
    expect((await ask(secret, "GET", "/../admin/manifest")).status).toBe(401);
  });

  it.each([
    ["name", { scopes: ["audit:read"] }],
    ["name", { name: "operator", scopes: ["audit:read"] }],
    ["scopes", { name: "ci" }],
    ["scopes", { name: "ci", scopes: [] }],
    ["scopes[0]", { name: "ci", scopes: ["everything"] }],
    ["expiresAt", { name: "ci", scopes: ["audit:read"], expiresAt: "2001-01-01T00:00:00Z" }],
    ["hash", { name: "ci", scopes: ["audit:read"], hash: "x" }],
  ])("is 400 where its %s is wrong", async (field, body) => {
    const answer = await admin().ask(SECRET, "POST", "/tokens", body);
    expect(answer).toMatchObject({ status: 400, body: { code: "malformed-body", field } });
  });

  it("has a name that no other has which holds", async () => {
    const { ask, makeToken } = admin();
    const { id } = await makeToken({ name: "ci", scopes: ["audit:read"] });
    const again = () => ask(SECRET, "POST", "/tokens", { name: "ci", scopes: ["audit:read"] });
    expect((await again()).status).toBe(409);
    await ask(SECRET, "POST", `/tokens/${id}/revoke`);
    expect((await again()).status).toBe(201);
  });
});
