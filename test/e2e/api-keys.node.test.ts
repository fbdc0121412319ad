import { describe, expect, it } from "vitest";
import type { Echo } from "../support/origin.ts";
import type { HttpResponse } from "../support/raw-http.ts";
import { bearing, PARTNER, signWithSecret } from "../support/tokens.ts";
import { type Made, PARTNER_SECRET, serveKeys, unknownKey } from "./key-holders.ts";

const { served, get, present, admin, register, addKey } = serveKeys();

describe("a key", () => {
  it("is let in from every place that is declared, and no origin is shown it", async () => {
    const { id, secret } = await register(
      { scopes: ["orders:read"] },
      { plan: "gold", roles: ["partner", "vip"], metadata: { org: "a1" } },
    );
    const answers = [
      await present(secret, "/orders", { "X-Identity-Plan": "platinum" }),
      await get("/orders", { headers: { authorization: `Bearer ${secret}` } }),
      await get(`/orders?a=1&k=${secret}&b=2`),
      await get(`/orders?%6B=${secret}&a=1&b=2`),
    ];
    for (const [index, answer] of answers.entries()) {
      const { headers, url } = answer.json<Echo>();
      const fields = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
      expect([index, answer.status, url]).toEqual([index, 200, index < 2 ? "/orders" : "/orders?a=1&b=2"]);
      expect(fields).toMatchObject({
        "x-identity-id": `consumers#${id}`,
        "x-identity-consumer": id,
        "x-identity-plan": "gold",
        "x-identity-roles": "partner vip",
        "x-identity-scopes": "orders:read",
        "x-identity-credential": "apiKey",
      });
      expect(answer.text).not.toContain(secret);
      const line = await served.gateway.line(answer.header("x-request-id"));
      expect(line).toMatchObject({ identity: `consumers#${id}`, status: 200 });
    }
    expect(served.gateway.output()).not.toContain(secret);
  });

  it("is asked for where there is none, with a challenge", async () => {
    const answer = await get("/me");
    expect([answer.status, answer.json().code]).toEqual([401, "credential-missing"]);
    expect(answer.all("www-authenticate")).toEqual(['ApiKey realm="api", Bearer realm="api"']);
  });

  it("stands beside tokens of others in the same field", async () => {
    const { id, secret } = await register();
    const token = await signWithSecret(PARTNER_SECRET, { iss: PARTNER });
    const byKey = await get("/either", { headers: { authorization: `Bearer ${secret}` } });
    const byToken = await get("/either", { headers: bearing(token) });
    expect([byKey.status, byToken.status]).toEqual([200, 200]);
    const who = async (answer: HttpResponse) =>
      (await served.gateway.line(answer.header("x-request-id"))).identity;
    expect([await who(byKey), await who(byToken)]).toEqual([`consumers#${id}`, `${PARTNER}#ada`]);
  });

  it("in the query is no part of a cache key", async () => {
    const [ada, ben] = [await register(), await register()];
    await served.origin.answer("/cached", { headers: [["content-type", "text/plain"]], body: "tea" });
    const states: unknown[] = [];
    for (const { secret } of [ada, ben, ada]) {
      const answer = await get(`/cached?k=${secret}`);
      expect([answer.status, answer.text]).toEqual([200, "tea"]);
      states.push((await served.gateway.line(answer.header("x-request-id"))).cache);
    }
    expect(states.slice(1)).toEqual(["hit", "hit"]);
    expect((await get(`/cached?k=${unknownKey()}`)).status).toBe(401);
  });

  it("lacks what its scopes do not hold, and is told what", async () => {
    const { secret } = await register({ scopes: ["orders:write"] });
    const answer = await present(secret, "/orders");
    expect([answer.status, answer.json().code]).toEqual([403, "insufficient-rights"]);
    expect(answer.header("www-authenticate")).toContain('scope="orders:read"');
  });

  it("is for its routes, addresses and web origins", async () => {
    const { secret } = await register({
      routes: ["GET /me"],
      addresses: ["192.0.2.0/24"],
      origins: ["https://shop.example"],
    });
    const good = { "cf-connecting-ip": "192.0.2.7", origin: "https://shop.example" };
    const asked = async (path: string, headers: Record<string, string>) => {
      const answer = await present(secret, path, headers);
      return [answer.status, answer.status === 200 ? undefined : answer.json().code];
    };
    expect(await asked("/me", good)).toEqual([200, undefined]);
    expect(await asked("/either", good)).toEqual([403, "insufficient-rights"]);
    expect(await asked("/me", { ...good, "cf-connecting-ip": "198.51.100.1" })).toEqual([
      403,
      "insufficient-rights",
    ]);
    expect(await asked("/me", { ...good, origin: "https://evil.example" })).toEqual([
      403,
      "origin-not-allowed",
    ]);
  });

  it("shows when it was last used", async () => {
    const { id, secret } = await register();
    const lastUse = async () =>
      (await admin("GET", `/${id}`)).json<{ keys: Array<{ lastUsedAt?: string }> }>().keys[0]?.lastUsedAt;
    expect(await lastUse()).toBeUndefined();
    await present(secret);
    // It is told after the answer.
    await expect.poll(lastUse).toBeDefined();
  });
});

describe("a key ends", () => {
  it("at once where it is revoked, and the consumer's others do not", async () => {
    const { id, secret, key } = await register();
    const other = await addKey(id);
    expect((await present(secret)).status).toBe(200);
    expect((await admin("POST", `/${id}/keys/${key.id}/revoke`)).status).toBe(200);
    expect((await present(secret)).status).toBe(401);
    expect((await present(other.secret)).status).toBe(200);
  });

  it("when it expires, though it is known", async () => {
    const expiresAt = new Date(Date.now() + 3_000).toISOString();
    const { secret } = await register({ expiresAt });
    expect((await present(secret)).status).toBe(200);
    await expect.poll(async () => (await present(secret)).status, { timeout: 8_000 }).toBe(401);
  });

  it("after the overlap where it is rolled", async () => {
    const { id, secret, key } = await register({ scopes: ["orders:read"] });
    const roll = async (which: string, overlapSeconds: number) =>
      (await admin("POST", `/${id}/keys/${which}/roll`, { overlapSeconds })).json<
        Made & Record<string, unknown>
      >();
    const second = await roll(key.id, 60);
    expect([(await present(secret)).status, (await present(second.secret, "/orders")).status]).toEqual([
      200, 200,
    ]);
    const third = await roll(second.key.id, 0);
    expect([(await present(second.secret)).status, (await present(third.secret)).status]).toEqual([401, 200]);
  });

  it("while its consumer is suspended", async () => {
    const { id, secret } = await register();
    expect((await present(secret)).status).toBe(200);
    await admin("PATCH", `/${id}`, { suspended: true }, { "if-match": '"1"' });
    const refused = await present(secret);
    expect([refused.status, refused.json().code]).toEqual([403, "consumer-suspended"]);
    await admin("PATCH", `/${id}`, { suspended: false }, { "if-match": '"2"' });
    expect((await present(secret)).status).toBe(200);
  });

  it("with its consumer", async () => {
    const { id, secret } = await register();
    expect((await present(secret)).status).toBe(200);
    expect((await admin("DELETE", `/${id}`, undefined, { "if-match": '"1"' })).status).toBe(204);
    expect((await present(secret)).status).toBe(401);
  });
});
