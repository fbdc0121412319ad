import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Deps } from "../../../src/deps.ts";
import { checksum } from "../../../src/identity/api-key/checksum.ts";
import { type ApiKeyOptions, create, options } from "../../../src/identity/credentials/api-key.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import { PREFIX, registered, request, settled, strangeKey } from "../consumers/support.ts";
import { identity, refusal, shown } from "../support.ts";

type Init = Parameters<typeof request>[0];

/** A credential in an isolate of its own, as a route gets it. */
function credentialOf(
  world: ReturnType<typeof registered>,
  written: Partial<ApiKeyOptions> = {},
  requirements: Requirements = {},
) {
  const compiled = options().parse({ prefix: PREFIX, ...written });
  const deps = { consumers: world.isolate() } as unknown as Deps;
  const credential = create(compiled as Parameters<typeof create>[0], requirements, { deps });
  return {
    ...credential,
    async judge(init: Init) {
      const ctx = request(init);
      const verdict = await credential.verify(ctx);
      await settled(ctx);
      return verdict;
    },
  };
}

async function withKey(grant: Parameters<ReturnType<typeof registered>["addKey"]>[1] = {}) {
  const world = registered();
  await world.addConsumer("acme", { plan: "gold", roles: ["partner"], metadata: { org: "a1" } });
  return { world, ...(await world.addKey("acme", grant)) };
}
const inHeader = (key: string, more: Init = {}) => ({
  ...more,
  headers: { ...more.headers, "x-api-key": key },
});

describe("a key", () => {
  it("gives the identity of its consumer, the first time and every other", async () => {
    const { world, key } = await withKey({ scopes: ["orders:read"] });
    const credential = credentialOf(world);
    const first = identity(await credential.judge(inHeader(key)));
    expect(first).toEqual({
      id: "consumers#acme",
      subject: "acme",
      issuer: "consumers",
      claims: { org: "a1" },
      scopes: ["orders:read"],
      roles: ["partner"],
      consumer: "acme",
      plan: "gold",
      credential: "apiKey",
      key: "k1",
    });
    // One object serves many requests: nothing may change it, and what is remembered of it stays good.
    expect(await credential.judge(inHeader(key))).toBe(first);
    for (const part of [first, first.claims, first.scopes, first.roles]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it("says when the proof ends, where it does", async () => {
    const { world, key } = await withKey({ expiresAt: Date.UTC(2100, 0) });
    expect(identity(await credentialOf(world).judge(inHeader(key))).expiresAt).toBe(Date.UTC(2100, 0));
  });

  it("is noted as used only where it was let in", async () => {
    const { world, key } = await withKey({ routes: ["GET /orders"] });
    const credential = credentialOf(world);
    const used = async () => (await world.registry.consumer("acme"))?.keys[0]?.lastUsedAt;
    await credential.judge(inHeader(key, { pattern: "/users" }));
    expect(await used()).toBeUndefined();
    await credential.judge(inHeader(key));
    expect(await used()).toBe(world.now());
  });
});

describe("where a key may be", () => {
  const both = { query: "api_key", bearer: true } as const;
  const at = {
    header: (key: string): Init => inHeader(key),
    bearer: (key: string): Init => ({ headers: { authorization: `Bearer ${key}` } }),
    query: (key: string): Init => ({ search: `?a=1&api_key=${key}` }),
  };

  it("is the header alone, unless more is declared", async () => {
    const { world, key } = await withKey();
    const credential = credentialOf(world);
    expect(identity(await credential.judge(at.header(key))).subject).toBe("acme");
    expect(await credential.judge(at.bearer(key))).toBeUndefined();
    expect(await credential.judge(at.query(key))).toBeUndefined();
    expect([credential.challenge, credential.withheld, credential.carriers]).toEqual([
      'ApiKey realm="api"',
      ["x-api-key"],
      undefined,
    ]);
  });

  it("is each place that is declared, and what carries it ends here", async () => {
    const { world, key } = await withKey();
    const credential = credentialOf(world, { ...both, header: "X_Shop.Key" });
    const named: Init = { headers: { "x_shop.key": key } };
    for (const init of [named, at.bearer(key), at.query(key)]) {
      expect(identity(await credential.judge(init)).subject).toBe("acme");
    }
    expect(credential.challenge).toBe('ApiKey realm="api", Bearer realm="api"');
    // As origins may read it.
    expect(credential.withheld).toEqual(["x-shop-key", "authorization"]);
    expect([...(credential.carriers?.parameters ?? [])]).toEqual(["api_key"]);
  });

  it("may be Bearer and nothing else", async () => {
    const { world, key } = await withKey();
    const credential = credentialOf(world, { header: false, bearer: true });
    expect(identity(await credential.judge(at.bearer(key))).subject).toBe("acme");
    expect(await credential.judge(at.header(key))).toBeUndefined();
    expect([credential.challenge, credential.withheld]).toEqual(['Bearer realm="api"', ["authorization"]]);
  });

  it("leaves other tokens to other credentials", async () => {
    const { world } = await withKey();
    const credential = credentialOf(world, { bearer: true });
    for (const token of ["a.b.c", "shop_test_x", "x".repeat(2_000), strangeKey("shop_test"), "", "a, b"]) {
      expect(await credential.judge(at.bearer(token))).toBeUndefined();
    }
    expect(await credential.judge({ headers: { authorization: "Basic YTpi" } })).toBeUndefined();
  });

  it("is not taken twice, in one place or in two, even where it is the same", async () => {
    const { world, key } = await withKey();
    const credential = credentialOf(world, both);
    const twice: Init[] = [
      inHeader(`${key}, ${key}`),
      inHeader(`${key},${key}`),
      { search: `?api_key=${key}&api_key=${key}` },
      inHeader(key, at.bearer(key)),
      inHeader(key, at.query(key)),
      { ...at.bearer(key), ...at.query(key) },
    ];
    for (const init of twice) expect(refusal(await credential.judge(init)).code).toBe("credential-invalid");
  });

  it("counts as no key where it is empty", async () => {
    const { world } = await withKey();
    const credential = credentialOf(world, both);
    for (const init of [{}, inHeader(""), { search: "?api_key=" }, { search: "?a=1" }]) {
      expect(await credential.judge(init)).toBeUndefined();
    }
  });
});

describe("a key that is refused", () => {
  it("is told nothing: unknown, revoked, expired and malformed ones get one answer", async () => {
    const { world, key: revoked, id } = await withKey();
    const expired = (await world.addKey("acme", { expiresAt: world.now() + 1 })).key;
    world.now.advance(1);
    await world.registry.revokeKey(id, world.act());
    const summed = (body: string) => `${body}_${checksum(body)}`;
    const keys = [
      revoked,
      expired,
      strangeKey(),
      summed(`${PREFIX}_short`),
      summed(`${PREFIX}_${"%".repeat(24)}`),
      `${PREFIX}_garbage`,
      "anything else",
      strangeKey("shop_test"),
    ];
    const credential = credentialOf(world);
    const answers = new Set<string>();
    for (const key of keys) {
      const verdict = await credential.judge(inHeader(key));
      answers.add(JSON.stringify(await shown(verdict)));
      expect(String(refusal(verdict).details.cause)).not.toContain(key);
    }
    expect([...answers].map((text) => JSON.parse(text))).toEqual([
      {
        status: 401,
        challenge: 'ApiKey realm="api"',
        body: expect.objectContaining({
          code: "credential-invalid",
          detail: "The API key was not accepted",
        }),
      },
    ]);
  });

  it("without a right checksum is refused without asking anybody, at once", async () => {
    const { world, key } = await withKey();
    const credential = credentialOf(world);
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Za-z_]{0,60}$/), (tail) => {
        const verdict = credential.verify(request(inHeader(`${PREFIX}_${tail}`)));
        expect(refusal(verdict).code).toBe("credential-invalid");
      }),
    );
    expect(refusal(credential.verify(request(inHeader(`${key.slice(0, -1)}!`)))).code).toBe(
      "credential-invalid",
    );
    expect(world.asked).toEqual([]);
  });

  it("of another credential's prefix is none, also where that one has let it in", async () => {
    const world = registered();
    await world.addConsumer("acme");
    const { key } = await world.addKey("acme", {}, "shop_test");
    const deps = { consumers: world.isolate() } as unknown as Deps;
    const made = (prefix: string) =>
      create(options().parse({ prefix }) as Parameters<typeof create>[0], {}, { deps });
    expect(identity(await made("shop_test").verify(request(inHeader(key)))).subject).toBe("acme");
    expect(refusal(await made(PREFIX).verify(request(inHeader(key)))).code).toBe("credential-invalid");
    expect(refusal(await made("shop").verify(request(inHeader(`shop_${key}`)))).code).toBe(
      "credential-invalid",
    );
  });

  it("holds on for its own bound where it was revoked elsewhere, and no longer", async () => {
    const { world, key, id } = await withKey();
    const [brief, usual] = [credentialOf(world, { staleness: "2s" }), credentialOf(world)];
    for (const credential of [brief, usual]) identity(await credential.judge(inHeader(key)));
    await world.registry.revokeKey(id, world.act());
    world.now.advance(1_999);
    const later = async () => {
      const verdicts = await Promise.all([brief, usual].map((each) => each.verify(request(inHeader(key)))));
      return verdicts.map((verdict) =>
        verdict !== undefined && "code" in verdict ? verdict.code : "let in",
      );
    };
    // The last time for the first: behind the answer it is found out.
    expect(await later()).toEqual(["let in", "let in"]);
    world.now.advance(1);
    expect(await later()).toEqual(["credential-invalid", "let in"]);
    world.now.advance(28_000);
    expect(await later()).toEqual(["credential-invalid", "credential-invalid"]);
  });

  it("cannot be judged while the registry is away: 503, not 401", async () => {
    const { world, key } = await withKey();
    world.answering(() => Promise.reject(new Error("down")));
    const undecided = await credentialOf(world).judge(inHeader(key));
    expect(await shown(undecided)).toMatchObject({ status: 503, body: { code: "store-unavailable" } });
  });
});

describe("what a key may be used for", () => {
  it("is nothing while its consumer is suspended", async () => {
    const { world, key } = await withKey();
    await world.registry.change("acme", { suspended: true }, 1, world.act());
    const verdict = await credentialOf(world).judge(inHeader(key));
    expect(await shown(verdict)).toMatchObject({ status: 403, body: { code: "consumer-suspended" } });
  });

  it.each([
    [["GET /orders"], "GET", "/orders", true],
    [["GET /orders"], "HEAD", "/orders", true],
    [["GET /orders"], "POST", "/orders", false],
    [["* /orders"], "POST", "/orders", true],
    [["GET /orders"], "GET", "/orders/:id", false],
    [["GET /orders/:id"], "GET", "/orders/:id", true],
    [["GET /v1/*"], "GET", "/v1/orders/:id", true],
    [["GET /v1/*"], "GET", "/v1", false],
    [["GET /v1/*"], "GET", "/v10/orders", false],
    [["GET /a", "* /v1/*"], "DELETE", "/v1/*", true],
    [["* /*"], "PUT", "/anything", true],
    [[], "GET", "/orders", false],
  ] as const)("is the routes %j: %s %s → %s", async (routes, method, pattern, allowed) => {
    const { world, key } = await withKey({ routes });
    const verdict = await credentialOf(world).judge(inHeader(key, { method, pattern }));
    if (allowed) expect(identity(verdict).subject).toBe("acme");
    else expect(await shown(verdict)).toMatchObject({ status: 403, body: { code: "insufficient-rights" } });
  });

  it.each([
    [["192.0.2.0/24"], "192.0.2.200", true],
    [["192.0.2.0/24"], "192.0.3.1", false],
    [["192.0.2.0/24"], "::ffff:192.0.2.1", true],
    [["198.51.100.7", "2001:db8::/32"], "2001:db8:1::1", true],
    [["198.51.100.7", "2001:db8::/32"], "2001:db9::1", false],
    [["0.0.0.0/0"], "", false],
    [["0.0.0.0/0"], "unknown", false],
    [["not a network"], "192.0.2.1", false],
  ] as const)("is the addresses %j: %s → %s", async (addresses, address, allowed) => {
    const { world, key } = await withKey({ addresses });
    const verdict = await credentialOf(world).judge(inHeader(key, { address }));
    if (allowed) expect(identity(verdict).subject).toBe("acme");
    else expect(refusal(verdict).code).toBe("insufficient-rights");
  });

  it.each([
    ["https://shop.example", true],
    ["https://eu.shop.example", false],
    ["https://a.pages.example", true],
    ["https://evil.example", false],
    ["null", false],
    [undefined, false],
  ])("is pages of its web origins: %s → %s", async (origin, allowed) => {
    const { world, key } = await withKey({ origins: ["https://shop.example", "https://*.pages.example"] });
    const headers: Record<string, string> = origin === undefined ? {} : { origin };
    const verdict = await credentialOf(world).judge(inHeader(key, { headers }));
    if (allowed) expect(identity(verdict).subject).toBe("acme");
    else expect(await shown(verdict)).toMatchObject({ status: 403, body: { code: "origin-not-allowed" } });
  });

  it("is what its scopes and the consumer's metadata grant", async () => {
    const { world, key } = await withKey({ scopes: ["orders:read"] });
    const judged = async (requirements: Requirements) =>
      credentialOf(world, {}, requirements).judge(inHeader(key));
    expect(identity(await judged({ scopes: ["orders:read"], claims: { org: "a1" } })).subject).toBe("acme");
    const lacking = await shown(await judged({ scopes: ["orders:read", "orders:write"] }));
    expect(lacking).toMatchObject({
      status: 403,
      challenge: 'ApiKey realm="api", error="insufficient_scope", scope="orders:read orders:write"',
      body: { code: "insufficient-rights" },
    });
    expect(refusal(await judged({ claims: { org: "b2" } })).code).toBe("insufficient-rights");
  });
});

describe("what may be written", () => {
  const fault = (written: object) =>
    options().safeParse({ prefix: "shop", ...written }).error?.issues[0]?.path;

  it("is a prefix, places and a bound, and nothing else", () => {
    expect(options().parse({ prefix: "shop" })).toEqual({
      prefix: "shop",
      header: "x-api-key",
      bearer: false,
      staleness: 30_000,
    });
    expect(options().safeParse({}).success).toBe(false);
    for (const [path, written] of [
      ["prefix", { prefix: "Shop" }],
      ["header", { header: "Authorization" }],
      ["header", { header: "a b" }],
      ["header", { header: false }],
      ["query", { query: "a&b" }],
      ["query", { query: "" }],
      ["bearer", { bearer: "yes" }],
      ["staleness", { staleness: "0s" }],
      ["staleness", { staleness: "1h" }],
    ] as const) {
      expect([written, fault(written)]).toEqual([written, [path]]);
    }
    expect(options().safeParse({ prefix: "shop", prefixes: "x" }).success).toBe(false);
  });
});
