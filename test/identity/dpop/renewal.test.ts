import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import { demandOf } from "../../../src/identity/authenticate.ts";
import type { JwtOptions } from "../../../src/identity/credentials/jwt.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import { createMemoryNonces } from "../../../src/stores/nonces/memory.ts";
import {
  clock,
  context,
  GOOD,
  identity,
  inlineIssuer,
  jwtCredential,
  NOW,
  refusal,
  SECONDS,
  shown,
  type TestKey,
  testKey,
} from "../support.ts";
import { type Holder, hash, holder, URL } from "./support.ts";

const SECRET = "a secret that is at least thirty-two bytes long";
const OTHER_SECRET = "another secret of at least thirty-two bytes";
/** Nonces change so often, in ms. */
const PERIOD = 300_000;

let issuer: TestKey;
let ada: Holder;
let token: string;

beforeAll(async () => {
  [issuer, ada] = await Promise.all([testKey("ES256"), holder()]);
  token = await issuer.sign({ ...GOOD, exp: SECONDS + 86_400, cnf: { jkt: ada.thumbprint } });
});

const asking = (proof: string, presented = token) =>
  context({ path: "/orders", headers: { authorization: `DPoP ${presented}`, dpop: proof } });

/** A credential whose proofs hold a nonce, and what becomes of requests with one. */
function bound(now = clock(), more: Partial<JwtOptions> = {}, requirements: Requirements = {}) {
  const credential = jwtCredential(
    {
      issuers: inlineIssuer([issuer]),
      proofOfPossession: "dpop",
      dpopNonceSecret: secret(SECRET),
      ...more,
    },
    { now, nonces: createMemoryNonces(now), requirements },
  );
  const present = async (nonce: string | undefined) => {
    const ctx = asking(await ada.proof(token, { nonce, iat: Math.floor(now() / 1_000) }));
    const verdict = await credential.verify(ctx);
    const headers = new Headers({ "cache-control": "max-age=60", "cdn-cache-control": "max-age=60" });
    credential.finalise?.(ctx, headers);
    return { verdict, headers };
  };
  return { now, credential, present };
}

async function firstNonce(present: ReturnType<typeof bound>["present"]): Promise<string> {
  return Object.fromEntries(refusal((await present(undefined)).verdict).details.headers ?? [])["dpop-nonce"]!;
}

describe("the challenge for a nonce", () => {
  it("is one that clients know, with one nonce", async () => {
    const { present } = bound();
    const { verdict } = await present(undefined);
    const { status, challenge } = await shown(verdict);
    expect(status).toBe(401);
    expect(challenge).toMatch(
      /^DPoP realm="api", algs="[^"]+", error="use_dpop_nonce", error_description="[^"]+"$/,
    );
    const nonces = refusal(verdict).details.headers?.filter(([name]) => name === "dpop-nonce");
    expect(nonces).toEqual([["dpop-nonce", expect.stringMatching(/^[\w-]{43}$/)]]);
  });
});

describe("a nonce that is about to end", () => {
  it("is renewed with the answer it still lets in, so that nobody who keeps calling is turned away", async () => {
    const { now, present } = bound();
    let nonce = await firstNonce(present);
    let renewed = 0;
    // Three hours of calls, one a minute, each with the nonce that the caller was last told.
    for (let minute = 0; minute < 180; minute++) {
      const { verdict, headers } = await present(nonce);
      identity(verdict);
      const next = headers.get("dpop-nonce");
      if (next !== null) {
        renewed++;
        nonce = next;
        // RFC 9449 §8.2: else it would be given again when it has long ended.
        expect([headers.get("cache-control"), headers.get("cdn-cache-control")]).toEqual(["no-store", null]);
      }
      now.advance(60_000);
    }
    expect(renewed).toBe(35);
  });

  it("is not spoken of while it is the one that is given out", async () => {
    const now = clock();
    const { present } = bound(now);
    const nonce = await firstNonce(present);
    now.advance(PERIOD - (NOW % PERIOD) - 1);
    const { verdict, headers } = await present(nonce);
    identity(verdict);
    expect(Object.fromEntries(headers)).toEqual({
      "cache-control": "max-age=60",
      "cdn-cache-control": "max-age=60",
    });
    now.advance(1);
    expect((await present(nonce)).headers.get("dpop-nonce")).not.toBeNull();
  });

  it("is renewed with a refusal for want of rights too", async () => {
    const now = clock();
    const nonce = await firstNonce(bound(now).present);
    now.advance(PERIOD);
    const { verdict, headers } = await bound(now, {}, { scopes: ["admin"] }).present(nonce);
    expect([refusal(verdict).code, headers.has("dpop-nonce")]).toEqual(["insufficient-rights", true]);
  });

  it("is nothing where none is asked for", async () => {
    const now = clock();
    const { credential } = bound(now);
    const plain = jwtCredential({ issuers: inlineIssuer([issuer]), proofOfPossession: "dpop" });
    expect([plain.finalise, credential.finalise]).toEqual([undefined, expect.any(Function)]);
  });
});

describe("several credentials with proofs", () => {
  const nonces = createMemoryNonces(() => NOW);
  const of = (
    key: TestKey,
    more: Partial<JwtOptions> = {},
    requirements: Requirements = {},
    iss = GOOD.iss,
  ) =>
    jwtCredential(
      { issuers: inlineIssuer([key], { issuer: iss }), proofOfPossession: "dpop", ...more },
      { nonces, requirements },
    );
  const nonceOf = (verdict: unknown) =>
    Object.fromEntries(refusal(verdict).details.headers ?? [])["dpop-nonce"];

  it("do not use up for one another what only one of them lets in", async () => {
    const lacking = of(issuer, {}, { scopes: ["admin"] });
    const ctx = asking(await ada.proof(token));
    expect(identity(await demandOf({ anyOf: [lacking, of(issuer)] }).check(ctx)).subject).toBe("user-1");
    expect(identity(await demandOf({ allOf: [of(issuer), of(issuer)] }).check(ctx)).subject).toBe("user-1");
    // The request has used it, and no other may.
    const copy = asking(ctx.request.headers.get("dpop")!);
    expect(refusal(await demandOf({ anyOf: [lacking, of(issuer)] }).check(copy)).code).toBe(
      "credential-invalid",
    );
  });

  it("tell the nonce of the one whose token it is, wherever that stands", async () => {
    const stranger = await testKey("ES256", "stranger");
    const other = of(stranger, { dpopNonceSecret: secret(OTHER_SECRET) }, {}, "https://other.example");
    const own = of(issuer, { dpopNonceSecret: secret(SECRET) });
    const nonces = [];
    for (const anyOf of [
      [other, own],
      [own, other],
    ])
      nonces.push(nonceOf(await demandOf({ anyOf }).check(asking(await ada.proof(token)))));
    expect(nonces).toEqual([await firstNonce(bound().present), nonces[0]]);
  });

  it("speak of the token that has ended, and not of an issuer that is another's", async () => {
    const stranger = await testKey("ES256", "stranger");
    const other = of(stranger, {}, {}, "https://other.example");
    const ended = await issuer.sign({ ...GOOD, exp: SECONDS - 60, cnf: { jkt: ada.thumbprint } });
    for (const anyOf of [
      [other, of(issuer)],
      [of(issuer), other],
    ]) {
      const verdict = await demandOf({ anyOf }).check(asking(await ada.proof(ended), ended));
      expect((await shown(verdict)).body).toMatchObject({ detail: "The token has expired" });
    }
  });
});

describe("a proof", () => {
  const plain = (now: () => number = () => NOW) =>
    jwtCredential(
      { issuers: inlineIssuer([issuer]), proofOfPossession: "dpop" },
      { now, nonces: createMemoryNonces(now) },
    );

  it("cannot be used again for as long as it would be taken", async () => {
    const now = clock();
    const credential = plain(now);
    // As early as a clock may be: so it is taken longest.
    const proof = await ada.proof(token, { iat: SECONDS + 10 });
    identity(await credential.verify(asking(proof)));
    const causes = [];
    for (let second = 0; second < 90; second++) {
      causes.push(refusal(await credential.verify(asking(proof))).details.cause);
      now.advance(1_000);
    }
    expect(new Set(causes)).toEqual(new Set(["the proof was used before", "the proof is too old"]));
    expect(causes.lastIndexOf("the proof was used before") + 1).toBe(causes.indexOf("the proof is too old"));
  });

  it("with the private key in its header is refused, though it is by the right one", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const [secretJwk, publicJwk] = await Promise.all([exportJWK(privateKey), exportJWK(publicKey)]);
    const { calculateJwkThumbprint } = await import("jose");
    const own = await issuer.sign({ ...GOOD, cnf: { jkt: await calculateJwkThumbprint(publicJwk) } });
    const prove = async (jwk: JWK) =>
      new SignJWT({ htm: "GET", htu: URL, iat: SECONDS, jti: crypto.randomUUID(), ath: await hash(own) })
        .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
        .sign(privateKey);
    const credential = plain();
    expect(refusal(await credential.verify(asking(await prove(secretJwk), own))).details.cause).toContain(
      "private",
    );
    identity(await credential.verify(asking(await prove(publicJwk), own)));
    // Nor once the public one is known.
    expect(refusal(await credential.verify(asking(await prove(secretJwk), own))).code).toBe(
      "credential-invalid",
    );
  });

  it.each(["HS256", "HS384", "HS512"])("by %s is refused, whatever the key in its header", async (alg) => {
    const key = crypto.getRandomValues(new Uint8Array(64));
    const jwk = { kty: "oct", k: btoa(String.fromCharCode(...key)) };
    const proof = await new SignJWT({ htm: "GET", htu: URL, iat: SECONDS, jti: "1", ath: await hash(token) })
      .setProtectedHeader({ alg, typ: "dpop+jwt", jwk: jwk as JWK })
      .sign(key);
    expect(refusal(await plain().verify(asking(proof))).details.cause).toBe(
      "the proof's algorithm is not allowed",
    );
  });

  it.each([
    "https://gateway.example/orders",
    "HTTPS://GATEWAY.EXAMPLE/orders",
    "https://gateway.example:443/orders",
    "https://gateway.example/%6frders",
    "https://gateway.example/orders?page=1#top",
  ])("for %s is for the request's URL", async (htu) => {
    identity(await plain().verify(asking(await ada.proof(token, { htu }))));
  });

  it.each([
    "https://gateway.example:8443/orders",
    "http://gateway.example/orders",
    "https://gateway.example/Orders",
    "https://gateway.example/orders/",
    "https://gateway.example/orders%2F",
    "https://gateway.example./orders",
  ])("for %s is for another", async (htu) => {
    const verdict = await plain().verify(asking(await ada.proof(token, { htu })));
    expect(refusal(verdict).details.cause).toBe("the proof is for another URL");
  });
});
