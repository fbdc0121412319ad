import * as fc from "fast-check";
import { exportSPKI, importJWK, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import {
  AUDIENCE,
  bearing,
  context,
  encoded,
  GOOD,
  ISSUER,
  identity,
  inlineIssuer,
  jwtCredential,
  rawToken,
  refusal,
  SECONDS,
  shown,
  type TestKey,
  testKey,
} from "../support.ts";

const keys = new Map<string, TestKey>();
const key = (alg: string) => keys.get(alg)!;

beforeAll(async () => {
  for (const alg of ["ES256", "RS256", "PS256"]) keys.set(alg, await testKey(alg));
});

describe("a hostile token", () => {
  const credential = () => jwtCredential({ issuers: inlineIssuer([key("RS256"), key("ES256")]) });
  const header = { alg: "ES256", kid: "key-ES256" };
  const claim = (more: object) => key("ES256").sign({ ...GOOD, ...more });
  /** Truly signed, so that only what is wrong with the header or payload can be why it is refused. */
  const raw = (more: object, payload: unknown = GOOD) =>
    key("ES256").signRaw({ ...header, ...more }, payload);
  const hmac = (secret: string) =>
    new SignJWT(GOOD)
      .setProtectedHeader({ alg: "HS256", kid: "key-RS256" })
      .sign(new TextEncoder().encode(secret));

  const attacks: Record<string, () => string | Promise<string>> = {
    "algorithm none": () => rawToken({ alg: "none", typ: "JWT" }, GOOD, ""),
    "algorithm none with a signature": () => raw({ alg: "none" }),
    "algorithm NoNe": () => rawToken({ alg: "NoNe", kid: "key-ES256" }, GOOD, ""),
    "algorithm missing": () => raw({ alg: undefined }),
    "algorithm no string": () => raw({ alg: ["ES256"] }),
    "algorithm of Object.prototype": () => raw({ alg: "constructor" }),
    "RS256 swapped for HS256, the PEM key as secret": async () =>
      hmac(await exportSPKI((await importJWK(key("RS256").publicJwk, "RS256")) as CryptoKey)),
    "RS256 swapped for HS256, the JWK as secret": () => hmac(JSON.stringify(key("RS256").publicJwk)),
    "RS256 swapped for HS256, the modulus as secret": () => hmac(String(key("RS256").publicJwk.n)),
    "another RSA algorithm than the key's own": () => key("PS256").sign(GOOD, { kid: "key-RS256" }),
    "ES256 token named RS256": () => raw({ alg: "RS256", kid: "key-RS256" }),
    "foreign key under a known kid": async () => (await testKey("ES256", "key-ES256")).sign(GOOD),
    "foreign key under an unknown kid": async () => (await testKey("ES256", "other")).sign(GOOD),
    "foreign key without kid": async () => (await testKey("ES256")).sign(GOOD, { kid: undefined }),
    "kid no string": () => raw({ kid: { $ne: null } }),
    "embedded jwk of its own": async () => {
      const own = await testKey("ES256", "key-ES256");
      return own.sign(GOOD, { jwk: own.publicJwk });
    },
    "embedded jwk": () => raw({ jwk: key("ES256").publicJwk }),
    jku: () => raw({ jku: "https://attacker.example/keys" }),
    x5u: () => raw({ x5u: "https://attacker.example/chain" }),
    x5c: () => raw({ x5c: ["MIIB"] }),
    "unknown crit": () => raw({ crit: ["exp"], exp: SECONDS + 60 }),
    "empty crit": () => raw({ crit: [] }),
    "b64 false": () => raw({ crit: ["b64"], b64: false }),
    "b64 without crit": () => raw({ b64: false }),
    zip: () => raw({ zip: "DEF" }),
    "wrong type": () => raw({ typ: "dpop+jwt" }),
    "type no string": () => raw({ typ: 1 }),
    "encrypted, not signed": () => `${encoded({ alg: "RSA-OAEP", enc: "A256GCM" })}.a2V5.aXY.Y2lwaGVy.dGFn`,
    "encrypted, disguised with three parts": () => raw({ enc: "A256GCM" }),
    enormous: () => claim({ filler: "x".repeat(9_000) }),
    "enormous and no token": () => "x".repeat(100_000),
    "one part": () => "abc",
    "four parts": async () => `${await raw({})}.abc`,
    "signature in another spelling": async () => {
      const token = await raw({});
      // The last of 86 characters carries four bits that mean nothing.
      const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      return token.slice(0, -1) + digits[digits.indexOf(token.at(-1)!) + 1];
    },
    "signature with padding": async () => `${await raw({})}==`,
    "empty signature": async () => (await raw({})).replace(/[^.]+$/, ""),
    "signature of zeros (CVE-2022-21449)": async () => (await raw({})).replace(/[^.]+$/, "A".repeat(86)),
    "header no JSON": () => key("ES256").signRaw("{", GOOD),
    "header an array": () => key("ES256").signRaw([header], GOOD),
    "header with a byte order mark": () => key("ES256").signRaw(`\ufeff${JSON.stringify(header)}`, GOOD),
    "payload null": () => raw({}, null),
    "payload no UTF-8": () => `${encoded(header)}._w.c2ln`,
    "header names alg twice": () =>
      key("ES256").signRaw('{"alg":"none","alg":"ES256","kid":"key-ES256"}', GOOD),
    "payload names sub twice": () => raw({}, `{"sub":"x",${JSON.stringify(GOOD).slice(1)}`),
    "payload names sub twice, once escaped": () =>
      raw({}, `{"s\\u0075b":"x",${JSON.stringify(GOOD).slice(1)}`),
    "unknown issuer": () => claim({ iss: "https://attacker.example" }),
    "issuer of Object.prototype": () => claim({ iss: "__proto__" }),
    "issuer that only begins alike": () => claim({ iss: `${ISSUER}.attacker.example` }),
    "no issuer": () => claim({ iss: undefined }),
    "issuer in a list": () => claim({ iss: [ISSUER] }),
    "another audience": () => claim({ aud: "https://other.example" }),
    "an audience that only begins alike": () => claim({ aud: `${AUDIENCE}/x` }),
    "no audience": () => claim({ aud: undefined }),
    "an audience with objects": () => claim({ aud: [AUDIENCE, {}] }),
    "no exp": () => claim({ exp: undefined }),
    "exp a string": () => raw({}, { ...GOOD, exp: String(GOOD.exp) }),
    "exp null": () => raw({}, { ...GOOD, exp: null }),
    "exp beyond numbers": () => raw({}, JSON.stringify(GOOD).replace(`${GOOD.exp}`, "1e999")),
    "nbf a string": () => raw({}, { ...GOOD, nbf: "0" }),
    "nbf in the future": () => claim({ nbf: SECONDS + 11 }),
    "iat in the future": () => claim({ iat: SECONDS + 11 }),
    "no subject": () => claim({ sub: undefined }),
    "empty subject": () => claim({ sub: "", client_id: "service" }),
    "subject no string": () => raw({}, { ...GOOD, sub: 7 }),
    "subject with a lone surrogate": () => raw({}, JSON.stringify(GOOD).replace("user-1", "user-\\ud800")),
    "bound to a key that is not proved": () => claim({ cnf: { jkt: "abc" } }),
  };

  it.each(Object.keys(attacks))("%s: 401, and nothing that helps", async (name) => {
    expect(await shown(await credential().verify(bearing(await attacks[name]!())))).toEqual({
      status: 401,
      challenge: 'Bearer realm="api", error="invalid_token", error_description="The token was not accepted"',
      body: {
        type: "/_gateway/errors#credential-invalid",
        title: "The credential was not accepted",
        status: 401,
        code: "credential-invalid",
        detail: "The token was not accepted",
        requestId: "request-1",
      },
    });
  });

  it("is told from a good one only by what was changed: the controls pass", async () => {
    for (const token of [
      await raw({}),
      await raw({}, JSON.stringify(GOOD, null, 2)),
      await claim({
        nbf: SECONDS + 10,
        iat: SECONDS + 10,
        aud: ["other", AUDIENCE],
        filler: "x".repeat(5_000),
      }),
      await raw({}, { ...GOOD, a: { sub: [{ sub: "y" }, { sub: '\\"{' }] } }),
    ]) {
      expect(identity(await credential().verify(bearing(token))).subject).toBe("user-1");
    }
  });

  it("leaves the exact reason for the log, without a word of the token", async () => {
    const token = await claim({ aud: "https://nosy.example" });
    const { cause } = refusal(await credential().verify(bearing(token))).details;
    expect(cause).toBe("the token is for another audience");
  });

  it("of any bytes at all never makes it throw", async () => {
    const good = await raw({});
    const cut = fc.tuple(fc.nat({ max: good.length }), fc.nat({ max: 5 }), fc.string({ maxLength: 5 }));
    const mutated = cut.map(([at, length, text]) => good.slice(0, at) + text + good.slice(at + length));
    const parts = fc.tuple(fc.json(), fc.json(), fc.base64String()).map(([a, b, c]) => rawToken(a, b, c));
    const visible = fc.string({ unit: fc.constantFrom(...'aB3.-_~+/= ,"\\%') });
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, parts, visible), async (token) => {
        const value = `Bearer ${token}`.replace(/[^\x20-\x7e]/g, "?");
        const verdict = await credential().verify(context({ headers: { authorization: value } }));
        if (token !== good) expect(refusal(verdict).code).toBe("credential-invalid");
      }),
    );
  });
});
