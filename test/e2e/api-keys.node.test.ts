import { Agent, request as httpRequest } from "node:http";
import { describe, expect, it } from "vitest";
import { checksum } from "../../src/identity/api-key/checksum.ts";
import { generateKey } from "../../src/identity/api-key/format.ts";
import { type ServedGateway, serveGateway } from "../support/gateway.ts";
import type { Echo } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse } from "../support/raw-http.ts";
import { bearing, PARTNER, signWithSecret } from "../support/tokens.ts";
import { serve } from "./served.ts";

const PARTNER_SECRET = "a secret that is at least as long as its hash";
const ISOGATE_ADMIN_SECRET = "operators only.7f3a91";
const PREFIX = "shop_live";

const variables = (url: string) => ({ ORIGIN: url, PARTNER_SECRET, ISOGATE_ADMIN_SECRET });
const served = serve("api-keys.ts", (origin) => variables(origin.url));

const unknownKey = () => generateKey(PREFIX, (bytes) => crypto.getRandomValues(bytes));
const summed = (body: string) => `${body}_${checksum(body)}`;
const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const present = (key: string, path = "/me", headers: Record<string, string> = {}) =>
  get(path, { headers: { "x-api-key": key, ...headers } });

interface Made {
  readonly secret: string;
  readonly key: { readonly id: string };
}

/** Calls the admin API as an operator does. */
function admin(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
  { port }: ServedGateway = served.gateway,
): Promise<HttpResponse> {
  const authorization = `Bearer ${ISOGATE_ADMIN_SECRET}`;
  return ask(port, `/_gateway/consumers${path}`, {
    method,
    headers: { authorization, "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

let consumers = 0;
/** Registers a consumer with a key. */
async function register(key: object = {}, consumer: object = {}) {
  const id = `consumer-${++consumers}`;
  const created = await admin("POST", "", { id, ...consumer });
  expect([created.status, created.text]).toEqual([201, expect.anything()]);
  return { id, ...(await addKey(id, key)) };
}
async function addKey(id: string, key: object = {}): Promise<Made> {
  const made = await admin("POST", `/${id}/keys`, { prefix: PREFIX, ...key });
  expect([made.status, made.text]).toEqual([201, expect.anything()]);
  return made.json<Made & Record<string, unknown>>();
}

/** What a client can tell two refusals apart by: all but the request's own id and the time. */
function visible(answer: HttpResponse): unknown {
  const fields = answer.headerNames
    .filter((name) => !["date", "x-request-id", "traceparent"].includes(name))
    .map((name) => [name, answer.all(name)]);
  const { requestId: _, ...body } = answer.json();
  return { status: answer.status, fields, body };
}

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
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    const { secret } = await register({ expiresAt });
    expect((await present(secret)).status).toBe(200);
    await expect.poll(async () => (await present(secret)).status, { timeout: 5_000 }).toBe(401);
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

describe("keys that do not hold", () => {
  async function revokedKey(): Promise<string> {
    const { id, secret, key } = await register();
    await admin("POST", `/${id}/keys/${key.id}/revoke`);
    return secret;
  }

  it("are refused with one and the same answer", async () => {
    const malformed = [summed(`${PREFIX}_short`), summed(`${PREFIX}_${"$".repeat(24)}`)];
    const garbage = [`${PREFIX}_garbage`, "garbage", "\u00e9", `${unknownKey()}x`];
    const keys = [unknownKey(), await revokedKey(), ...malformed, ...garbage];
    const answers = [];
    for (const key of [...keys, ...keys]) answers.push(visible(await present(key)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: "credential-invalid" } });
  });

  it("cannot be told apart by the medians of 10,000 requests", async () => {
    const keys = {
      unknown: [unknownKey()],
      revoked: [await revokedKey()],
      malformed: [summed(`${PREFIX}_${"$".repeat(24)}`)],
    };
    expect(await spreadOfMedians(keys, 3_400)).toBeLessThan(1.05);
  });

  it("cannot be told apart at first sight either, when the registry is asked", async () => {
    const count = 300;
    const { id } = await register();
    const keys = { unknown: [] as string[], revoked: [] as string[], malformed: [] as string[] };
    for (let n = 0; n < count; n++) {
      const { secret, key } = await addKey(id);
      await admin("POST", `/${id}/keys/${key.id}/revoke`);
      keys.revoked.push(secret);
      keys.unknown.push(unknownKey());
      keys.malformed.push(summed(`${PREFIX}_${n}${"$".repeat(20)}`));
    }
    expect(await spreadOfMedians(keys, count)).toBeLessThan(1.15);
  });

  /** How many times as long the slowest kind of key takes as the quickest: the medians of requests one by one. */
  async function spreadOfMedians(
    keys: Readonly<Record<string, readonly string[]>>,
    rounds: number,
  ): Promise<number> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const kinds = Object.values(keys).map((texts) => ({ texts, times: [] as number[] }));
    for (let round = 0; round < rounds; round++) {
      // In turns, and in another order each time, so that whatever else the machine does meets all of them.
      for (let turn = 0; turn < kinds.length; turn++) {
        const { texts, times } = kinds[(round + turn) % kinds.length]!;
        const start = performance.now();
        expect(await statusOver(agent, texts[round % texts.length]!)).toBe(401);
        times.push(performance.now() - start);
      }
    }
    agent.destroy();
    const medians = kinds.map(({ times }) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!);
    return Math.max(...medians) / Math.min(...medians);
  }

  function statusOver(agent: Agent, key: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { "x-api-key": key };
      const { port } = served.gateway;
      const request = httpRequest({ agent, host: "127.0.0.1", port, path: "/plain", headers });
      request.once("error", reject);
      request.once("response", (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode ?? 0));
      });
      request.end();
    });
  }

  it("are not even looked at once too many have come from an address", async () => {
    const { secret } = await register();
    const from = (key: string, address: string) => present(key, "/guessed", { "cf-connecting-ip": address });
    for (let n = 0; n < 3; n++) expect((await from(unknownKey(), "192.0.2.99")).status).toBe(401);
    expect((await from(unknownKey(), "192.0.2.99")).status).toBe(429);
    expect((await from(secret, "192.0.2.99")).status).toBe(429);
    expect((await from(secret, "192.0.2.100")).status).toBe(200);
  });
});

describe("the admin API", () => {
  it("is for operators", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["POST", ""],
      ["GET", "/audit"],
      ["POST", "/x/keys"],
    ] as const) {
      const target = `/_gateway/consumers${path}`;
      const none = await get(target, { method });
      const wrong = await get(target, { method, headers: { authorization: "Bearer guess" } });
      expect([none.status, wrong.status]).toEqual([401, 401]);
      expect(none.header("www-authenticate")).toContain("Bearer");
    }
    const { secret } = await register();
    expect(
      (await get("/_gateway/consumers", { headers: { authorization: `Bearer ${secret}` } })).status,
    ).toBe(401);
  });

  it("says what is wrong, and where", async () => {
    const answer = await admin("POST", "", { roles: ["a", 3] });
    expect([answer.status, answer.header("content-type")]).toEqual([400, "application/problem+json"]);
    expect(answer.json()).toMatchObject({ code: "malformed-body", field: "roles[1]" });
  });
});

describe("the registry", () => {
  it("is intact after the process was killed amid writes: what was confirmed is there, each with its line", async () => {
    const first = await serveGateway(served.built, variables(served.origin.url));
    const confirmed = new Map<string, string>();
    let writing = true;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; writing; n++) {
        const id = `c-${writer}-${n}`;
        const created = await admin("POST", "", { id }, {}, first).catch(() => undefined);
        if (created?.status !== 201) return;
        const made = await admin("POST", `/${id}/keys`, { prefix: PREFIX }, {}, first).catch(() => undefined);
        confirmed.set(id, made?.status === 201 ? made.json<Made & Record<string, unknown>>().secret : "");
      }
    });
    await expect.poll(() => confirmed.size, { timeout: 20_000, interval: 5 }).toBeGreaterThan(100);
    // SIGKILL.
    await first.stop();
    writing = false;
    await Promise.all(writers);

    const second = await serveGateway(served.built, variables(served.origin.url), first);
    try {
      const all = async <T>(path: string, name: string) => {
        const found: T[] = [];
        for (let after = ""; ; ) {
          const part = await admin("GET", `${path}?limit=500${after}`, undefined, {}, second);
          const body = part.json<Record<string, unknown>>();
          found.push(...(body[name] as T[]));
          if (body.next === undefined) return found;
          after = `&after=${String(body.next)}`;
        }
      };
      const consumers = (await all<{ id: string }>("", "consumers")).map(({ id }) => id);
      const lines = await all<{ number: number; action: string; consumer: string; key?: string }>(
        "/audit",
        "lines",
      );
      for (const id of confirmed.keys()) expect(consumers).toContain(id);
      const created = lines
        .filter(({ action }) => action === "consumer.create")
        .map(({ consumer }) => consumer);
      expect(created.toSorted()).toEqual(consumers.toSorted());
      expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => lines.length - index));
      const keys = new Set(lines.filter(({ action }) => action === "key.create").map(({ key }) => key));
      for (const [id, secret] of [...confirmed].slice(-40)) {
        const held = (await admin("GET", `/${id}`, undefined, {}, second)).json<{
          keys: Array<{ id: string }>;
        }>();
        for (const key of held.keys) expect(keys).toContain(key.id);
        if (secret === "") continue;
        const answer = await ask(second.port, "/plain", { headers: { "x-api-key": secret } });
        expect(answer.status).toBe(200);
      }
    } finally {
      await second.stop();
    }
  });
});
