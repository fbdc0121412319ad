import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import { create, type HmacOptions, options } from "../../../src/identity/credentials/hmac.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import {
  type Asked,
  asked,
  base64,
  digest,
  hex,
  mac,
  surroundings,
  withSecrets,
} from "../signatures/support.ts";
import { identity, refusal, SECONDS, shown } from "../support.ts";

const OLD = "an old secret of more than 32 bytes!";
const NEW = "a new secret that takes the place of the old";
const OTHER = "the secret of another caller altogether";
const written: HmacOptions = { keys: { acme: [secret("NEW"), secret("OLD")], umbrella: secret("OTHER") } };

function hmac(more: Partial<HmacOptions> = {}, given = surroundings(), requirements: Requirements = {}) {
  const compiled = withSecrets(options().parse({ ...written, ...more }), { NEW, OLD, OTHER });
  return create(compiled as unknown as Parameters<typeof create>[0], requirements, given);
}

interface Signing extends Asked {
  readonly key?: string;
  readonly secret?: string;
  readonly timestamp?: number | string;
  readonly nonce?: string;
  readonly hash?: "SHA-256" | "SHA-512";
  readonly covered?: readonly string[];
}

/** The field that a caller sends, made from the documentation. */
async function sign({ key = "acme", timestamp = SECONDS, nonce = "", hash = "SHA-256", ...rest }: Signing) {
  const { method = "GET", url = "https://api.example/", headers = {}, body = "", covered = [] } = rest;
  const [, path = "", query = ""] = /^https?:\/\/[^/]+([^?]*)\??(.*)$/.exec(url) ?? [];
  const fields = covered.map((name) => `${name}:${headers[name]}`);
  const content = hex(await digest(String(body), hash));
  const scheme = `HMAC-${hash.replace("-", "")}`;
  const text = [scheme, key, timestamp, nonce, method, path, query, ...fields, content].join("\n");
  const signature = base64(await mac(rest.secret ?? NEW, text, hash));
  const withNonce = nonce === "" ? "" : `, nonce="${nonce}"`;
  return `HMAC key="${key}", timestamp="${timestamp}"${withNonce}, signature="${signature}"`;
}

/** A request as it was signed, with what is changed on its way. */
async function signed(signing: Signing = {}, changed: Asked = {}) {
  const authorization = await sign(signing);
  const headers = { ...signing.headers, ...changed.headers };
  return asked({ ...signing, ...changed, headers: { authorization, ...headers } });
}

const CHALLENGE = 'HMAC realm="api", algorithm="sha256"';
const post = { method: "POST", url: "https://api.example/orders/%7e%7E?b=1&a=%20x", body: '{"tea":1}' };

describe("a signed request", () => {
  it("says who calls", async () => {
    expect(identity(await hmac().verify(await signed()))).toEqual({
      id: "hmac:api#acme",
      subject: "acme",
      issuer: "hmac:api",
      claims: {},
      scopes: [],
      credential: "hmac",
      key: "hmac:api#acme",
    });
  });

  it("leaves its body for whoever reads it next", async () => {
    const ctx = await signed(post);
    expect(identity(await hmac().verify(ctx)).subject).toBe("acme");
    expect(await ctx.request.text()).toBe(post.body);
  });

  it("may be signed with either of two secrets, and with no other", async () => {
    for (const secret of [NEW, OLD]) identity(await hmac().verify(await signed({ ...post, secret })));
    refusal(await hmac().verify(await signed({ ...post, secret: OTHER })));
    expect(identity(await hmac().verify(await signed({ key: "umbrella", secret: OTHER }))).subject).toBe(
      "umbrella",
    );
  });

  it("covers what was declared, and SHA-512 where that was", async () => {
    const credential = hmac({ headers: ["Content-Type", "x-tenant"], algorithm: "sha512" });
    const covered = ["content-type", "x-tenant"];
    const headers = { "content-type": "application/json", "x-tenant": "tea" };
    const signing = { ...post, headers, covered, hash: "SHA-512" } as const;
    identity(await credential.verify(await signed(signing)));
    refusal(await credential.verify(await signed(signing, { headers: { "x-tenant": "coffee" } })));
    refusal(await credential.verify(await signed({ ...post, hash: "SHA-512" })));
    refusal(await credential.verify(await signed({ ...signing, hash: "SHA-256" })));
    expect(credential.challenge).toBe(
      'HMAC realm="api", algorithm="sha512", headers="content-type x-tenant"',
    );
  });

  it("is refused once anything of it is changed", async () => {
    const changes: Readonly<Record<string, Asked>> = {
      method: { method: "PUT" },
      path: { url: "https://api.example/orders/~~?b=1&a=%20x" },
      "path's spelling": { url: "https://api.example/orders/%7E%7E?b=1&a=%20x" },
      query: { url: "https://api.example/orders/%7e%7E?a=%20x&b=1" },
      "no query": { url: "https://api.example/orders/%7e%7E" },
      body: { body: '{"tea":2}' },
      "no body": { body: "" },
    };
    for (const [name, change] of Object.entries(changes))
      expect([name, refusal(await hmac().verify(await signed(post, change))).code]).toEqual([
        name,
        "credential-invalid",
      ]);
  });

  it("has one text for no other request", async () => {
    const part = fc.stringMatching(/^[a-z0-9&=/?]{0,4}$/);
    await fc.assert(
      fc.asyncProperty(fc.tuple(part, part, part), fc.tuple(part, part, part), async (one, other) => {
        const of = ([path, query, body]: readonly string[]) => ({
          method: "POST",
          url: `https://api.example/${path?.replaceAll("?", "")}${query === "" ? "" : `?${query}`}`,
          body: body!,
        });
        const [first, second] = [of(one), of(other)];
        const same = first.url === second.url && first.body === second.body;
        const verdict = await hmac().verify(await signed(first, second));
        expect("code" in verdict!).toBe(!same);
      }),
      { numRuns: 50 },
    );
  });
});

describe("its time", () => {
  it("is near: five minutes, or what is declared", async () => {
    const at = async (seconds: number, more: Partial<HmacOptions> = {}) =>
      hmac(more).verify(await signed({ timestamp: SECONDS + seconds }));
    for (const seconds of [-300, 0, 300]) identity(await at(seconds));
    for (const seconds of [-301, 301]) expect(refusal(await at(seconds)).code).toBe("credential-invalid");
    for (const seconds of [-10, 10]) identity(await at(seconds, { tolerance: "10s" }));
    for (const seconds of [-11, 11]) refusal(await at(seconds, { tolerance: "10s" }));
    expect(await shown(await at(-301))).toMatchObject({
      status: 401,
      challenge: CHALLENGE,
      body: { code: "credential-invalid", detail: "The signature is not of this time" },
    });
  });

  it.each(["", "x", "-1", "1e9", `${SECONDS}.0`, "9".repeat(12), ` ${SECONDS}`])(
    "%j is none",
    async (timestamp) => {
      expect(refusal(await hmac().verify(await signed({ timestamp }))).code).toBe("credential-invalid");
    },
  );
});

describe("a nonce", () => {
  const nonce = "0123456789abcdef";

  it("lets a request through once, and what has not been proved uses none", async () => {
    const given = surroundings();
    const credential = hmac({ nonce: true }, given);
    refusal(await credential.verify(await signed({ nonce, secret: OTHER })));
    identity(await credential.verify(await signed({ nonce })));
    const copy = await shown(await credential.verify(await signed({ nonce })));
    expect(copy).toMatchObject({ status: 401, challenge: CHALLENGE, body: { code: "credential-invalid" } });
    identity(await credential.verify(await signed({ nonce: `${nonce}.` })));
    identity(await credential.verify(await signed({ nonce, key: "umbrella", secret: OTHER })));
  });

  it("is remembered as long as its request would be accepted", async () => {
    const given = surroundings();
    const credential = hmac({ nonce: true, tolerance: "1m" }, given);
    const future = { nonce, timestamp: SECONDS + 60 };
    identity(await credential.verify(await signed(future)));
    given.now.advance(120_000);
    refusal(await credential.verify(await signed(future)));
  });

  it("is signed: a copy cannot be given another", async () => {
    const credential = hmac({ nonce: true });
    const authorization = (await sign({ nonce })).replace(nonce, "fedcba9876543210");
    refusal(await credential.verify(asked({ headers: { authorization } })));
  });

  it.each(["", "short", "with a space in it", "x".repeat(129)])("%j is none", async (bad) => {
    refusal(await hmac({ nonce: true }).verify(await signed({ nonce: bad })));
  });

  it("may be sent where none is asked for, and copies are let through then", async () => {
    const credential = hmac();
    for (const _ of [1, 2]) identity(await credential.verify(await signed({ nonce })));
  });

  it("that cannot be looked up lets nobody in", async () => {
    const given = surroundings({ nonces: { use: () => Promise.reject(new Error("no store")) } });
    expect(refusal(await hmac({ nonce: true }, given).verify(await signed({ nonce }))).code).toBe(
      "store-unavailable",
    );
  });
});

describe("a refusal", () => {
  it("does not tell whether there is such a key, and is made with the same work", async () => {
    const wrong = await shown(await hmac().verify(await signed({ ...post, secret: OTHER })));
    const nobody = await shown(await hmac().verify(await signed({ ...post, key: "nobody" })));
    const inherited = await shown(await hmac().verify(await signed({ ...post, key: "constructor" })));
    expect(nobody).toEqual(wrong);
    expect(inherited).toEqual(wrong);
    expect(wrong).toMatchObject({ status: 401, challenge: CHALLENGE, body: { code: "credential-invalid" } });
    const ctx = await signed({ ...post, key: "nobody" });
    await hmac().verify(ctx);
    expect(await ctx.request.text()).toBe(post.body);
  });

  it.each([
    "HMAC",
    "HMAC ",
    "HMAC x",
    'HMAC key="acme"',
    'HMAC key="acme", key="acme"',
    'HMAC key="acme, timestamp="1"',
    `HMAC key="acme", timestamp="${SECONDS}", signature=""`,
    `HMAC key="acme", timestamp="${SECONDS}", signature="***"`,
    `HMAC key="acme", timestamp="${SECONDS}", signature="YQ"`,
    `HMAC key="acme", timestamp="${SECONDS}", signature="YQ==", more="1"`,
    `HMAC key="acme", timestamp="${SECONDS}", signature="YQ==", HMAC key="acme"`,
  ])("is what %j gets", async (authorization) => {
    expect(refusal(await hmac().verify(asked({ headers: { authorization } }))).code).toBe(
      "credential-invalid",
    );
  });

  it("is what two fields get", async () => {
    const authorization = await sign({});
    refusal(await hmac().verify(asked({ headers: { authorization: `${authorization}, ${authorization}` } })));
  });

  it("is what a body larger than the route takes gets", async () => {
    const large = await signed({ ...post, body: "x".repeat(11), bodyLimit: 10 });
    expect(refusal(await hmac().verify(large)).code).toBe("body-too-large");
    const fits = await signed({ ...post, body: "x".repeat(10), bodyLimit: 10 });
    identity(await hmac().verify(fits));
    const enormous = await signed({ ...post, body: "x".repeat(1_000_001) });
    expect(refusal(await hmac().verify(enormous)).code).toBe("body-too-large");
  });

  it("is what everybody gets while a secret is too short", async () => {
    const compiled = withSecrets(options().parse(written), { NEW, OLD, OTHER: "short" });
    const weak = create(compiled as unknown as Parameters<typeof create>[0], {}, surroundings());
    expect(refusal(await weak.verify(await signed())).code).toBe("configuration-missing");
    expect(await weak.verify(asked({}))).toBeUndefined();
  });

  it("is what a route gets that asks for scopes", async () => {
    const demanding = hmac({}, surroundings(), { scopes: ["read"] });
    expect(refusal(await demanding.verify(await signed())).code).toBe("insufficient-rights");
  });
});

describe("the credential", () => {
  it("is not presented by other schemes, and ends at the gateway", async () => {
    for (const authorization of ["Bearer abc", "HMAC-SHA256 abc", "hmacs a=b"])
      expect(await hmac().verify(asked({ headers: { authorization } }))).toBeUndefined();
    expect(await hmac().verify(asked({}))).toBeUndefined();
    expect([hmac().challenge, hmac().withheld]).toEqual([CHALLENGE, ["authorization"]]);
  });

  it("has options that are checked", () => {
    const faults = (more: object) => options().safeParse({ ...written, ...more }).error?.issues.length ?? 0;
    expect(faults({})).toBe(0);
    const wrong = [
      { keys: {} },
      { keys: { acme: "secret" } },
      { keys: { acme: [] } },
      { keys: { 'a"b': secret("A") } },
      { headers: ["x y"] },
      { headers: ["Authorization"] },
      { headers: ["x-a", "X-A"] },
      { algorithm: "md5" },
      { tolerance: "2h" },
      { tolerance: "500ms" },
      { nonce: "yes" },
      { more: 1 },
    ];
    for (const more of wrong) expect([more, faults(more)]).toEqual([more, 1]);
  });
});
