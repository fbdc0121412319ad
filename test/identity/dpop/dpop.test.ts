import { exportJWK, generateKeyPair } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import { type JwtOptions, options } from "../../../src/identity/credentials/jwt.ts";
import { createMemoryNonces } from "../../../src/stores/nonces/memory.ts";
import {
  clock,
  context,
  GOOD,
  identity,
  inlineIssuer,
  jwtCredential,
  NOW,
  rawToken,
  refusal,
  SECONDS,
  shown,
  type TestKey,
  testKey,
} from "../support.ts";
import { type Holder, hash, holder, URL } from "./support.ts";

let issuer: TestKey;
let ada: Holder;
let mallory: Holder;
let token: string;
let theirs: string;

beforeAll(async () => {
  [issuer, ada, mallory] = await Promise.all([testKey("ES256"), holder(), holder()]);
  const bound = (jkt: string) => issuer.sign({ ...GOOD, cnf: { jkt } });
  [token, theirs] = await Promise.all([bound(ada.thumbprint), bound(mallory.thumbprint)]);
});

type Tools = Parameters<typeof jwtCredential>[1];
const credential = (more: Partial<JwtOptions> = {}, tools: Tools = {}) =>
  jwtCredential({ issuers: inlineIssuer([issuer]), proofOfPossession: "dpop", ...more }, tools);
const ask = (presented: string, proof: string | undefined, init: Parameters<typeof context>[0] = {}) =>
  context({
    path: "/orders",
    search: "?page=2",
    headers: { authorization: presented, ...(proof !== undefined && { dpop: proof }) },
    ...init,
  });

describe("a token that is bound to a key", () => {
  it.each(["ES256", "ES384", "RS256", "PS256", "EdDSA"])("is good with a proof by %s", async (alg) => {
    const caller = await holder(alg);
    const own = await issuer.sign({ ...GOOD, cnf: { jkt: caller.thumbprint } });
    const bound = credential();
    for (const _ of ["unknown", "remembered"]) {
      const verdict = await bound.verify(ask(`DPoP ${own}`, await caller.proof(own)));
      expect(identity(verdict).subject).toBe("user-1");
    }
  });

  it("is nothing without a proof, nor as a bearer token, which anybody could be", async () => {
    const bound = credential();
    const { status, challenge, body } = await shown(await bound.verify(ask(`DPoP ${token}`, undefined)));
    expect([status, body]).toMatchObject([401, { code: "credential-invalid" }]);
    expect(challenge).toMatch(/^DPoP realm="api", algs="RS256 [^"]*ES256[^"]*", error="invalid_dpop_proof"$/);
    expect(await bound.verify(ask(`Bearer ${token}`, await ada.proof(token)))).toBeUndefined();
    expect(bound.challenge).toMatch(/^DPoP realm="api", algs="/);
    // The Bearer credential does not take it either.
    const bearer = jwtCredential({ issuers: inlineIssuer([issuer]) });
    expect(refusal(await bearer.verify(ask(`Bearer ${token}`, undefined))).code).toBe("credential-invalid");
  });

  it("and its proof end at the gateway", () => {
    expect(credential().withheld).toEqual(["authorization", "dpop"]);
    expect(credential({ forwardToken: true }).withheld).toEqual(["dpop"]);
  });

  it.each<[string, object]>([
    ["is not bound at all", {}],
    ["is bound to a certificate", { cnf: { "x5t#S256": "x" } }],
    ["is bound twice", { cnf: { jkt: "", "x5t#S256": "x" } }],
    ["is bound to nonsense", { cnf: "jkt" }],
    ["is bound to a list", { cnf: { jkt: ["a"] } }],
  ])("is refused where it %s", async (_, claims) => {
    const odd = await issuer.sign({ ...GOOD, ...claims });
    expect(refusal(await credential().verify(ask(`DPoP ${odd}`, await ada.proof(odd)))).code).toBe(
      "credential-invalid",
    );
  });
});

describe("a proof", () => {
  const proofs: Record<string, () => Promise<string>> = {
    "for another method": () => ada.proof(token, { htm: "POST" }),
    "for a method in lower case": () => ada.proof(token, { htm: "get" }),
    "for another URL": () => ada.proof(token, { htu: "https://gateway.example/admin" }),
    "for another host": () => ada.proof(token, { htu: "https://evil.example/orders" }),
    "without a URL": () => ada.proof(token, { htu: undefined }),
    "without a method": () => ada.proof(token, { htm: undefined }),
    "without an id": () => ada.proof(token, { jti: undefined }),
    "with an empty id": () => ada.proof(token, { jti: "" }),
    "with an endless id": () => ada.proof(token, { jti: "x".repeat(257) }),
    "with an id that is a number": () => ada.proof(token, { jti: 1 }),
    "without a time": () => ada.proof(token, { iat: undefined }),
    "with a time that is none": () => ada.proof(token, { iat: "now" }),
    "of a minute ago": () => ada.proof(token, { iat: SECONDS - 70 }),
    "of the future": () => ada.proof(token, { iat: SECONDS + 11 }),
    "for another token": async () => ada.proof(token, { ath: await hash(theirs) }),
    "for no token": () => ada.proof(token, { ath: undefined }),
    "of another type": () => ada.proof(token, {}, { typ: "JWT" }),
    "of no type": () => ada.proof(token, {}, { typ: undefined }),
    "without a key": () => ada.proof(token, {}, { jwk: undefined }),
    "with the address of a key": () => ada.proof(token, {}, { jku: "https://evil.example" }),
    "with certificates": () => ada.proof(token, {}, { x5c: ["MII"] }),
    "by another's key": () => mallory.proof(token),
    "by another's key that names ours": () => mallory.proof(token, {}, { jwk: ada.jwk }),
    "by a key that is no longer secret": async () => {
      const { privateKey } = await generateKeyPair("ES256", { extractable: true });
      return ada.proof(token, {}, { jwk: await exportJWK(privateKey) });
    },
    "by a shared secret": async () => rawToken({ typ: "dpop+jwt", alg: "HS256", jwk: ada.jwk }, {}),
    "that nobody signed": async () => rawToken({ typ: "dpop+jwt", alg: "none", jwk: ada.jwk }, {}, ""),
    "that was changed": async () => (await ada.proof(token)).replace(/.{4}$/, "AAAA"),
    "that is two": async () => `${await ada.proof(token)}, ${await ada.proof(token)}`,
    "that is rubbish": async () => "rubbish",
    "that is too large": () => ada.proof(token, { more: "x".repeat(4_096) }),
    "that is empty": async () => "",
  };

  it.each(Object.keys(proofs))("%s is refused", async (name) => {
    const verdict = await credential().verify(ask(`DPoP ${token}`, await proofs[name]!()));
    const { status, challenge, body } = await shown(verdict);
    expect(status).toBe(401);
    expect(challenge).toContain('error="invalid_dpop_proof"');
    expect(body).toMatchObject({ detail: "The proof of possession was not accepted" });
  });

  it("may be as old as a minute, and a little early", async () => {
    const bound = credential();
    for (const iat of [SECONDS - 69, SECONDS + 10]) {
      const proof = await ada.proof(token, { iat });
      expect(identity(await bound.verify(ask(`DPoP ${token}`, proof))).subject).toBe("user-1");
    }
  });

  it("names the URL without its query, in any equal spelling", async () => {
    const proof = await ada.proof(token, { htu: "HTTPS://GATEWAY.EXAMPLE:443/%6Frders?other=1#x" });
    identity(await credential().verify(ask(`DPoP ${token}`, proof)));
  });

  it("is good once, and a copy of it never, not even for another credential", async () => {
    const nonces = createMemoryNonces(() => NOW);
    const [one, other] = [credential({}, { nonces }), credential({}, { nonces })];
    const proof = await ada.proof(token);
    identity(await one.verify(ask(`DPoP ${token}`, proof)));
    for (const again of [one, other])
      expect(refusal(await again.verify(ask(`DPoP ${token}`, proof))).details.cause).toBe(
        "the proof was used before",
      );
  });

  it("is judged once for each request, however many rules ask", async () => {
    const nonces = createMemoryNonces(() => NOW);
    const ctx = ask(`DPoP ${token}`, await ada.proof(token));
    for (const asking of [credential({}, { nonces }), credential({}, { nonces })])
      identity(await asking.verify(ctx));
  });

  it("is not used up by being refused", async () => {
    const now = clock();
    const bound = credential({}, { now, nonces: createMemoryNonces(now) });
    const proof = await ada.proof(token, { iat: SECONDS + 12 });
    refusal(await bound.verify(ask(`DPoP ${token}`, proof)));
    now.advance(2_000);
    identity(await bound.verify(ask(`DPoP ${token}`, proof)));
  });

  it("of which nobody can tell whether it was used lets nobody in", async () => {
    const nonces = { use: () => Promise.reject(new Error("no answer")) };
    const verdict = await credential({}, { nonces }).verify(ask(`DPoP ${token}`, await ada.proof(token)));
    expect(refusal(verdict).code).toBe("store-unavailable");
  });

  it("by two callers of one id is two", async () => {
    const bound = credential();
    identity(await bound.verify(ask(`DPoP ${token}`, await ada.proof(token, { jti: "1" }))));
    identity(await bound.verify(ask(`DPoP ${theirs}`, await mallory.proof(theirs, { jti: "1" }))));
  });
});

describe("a nonce of the gateway's", () => {
  const SECRET = "a secret that is at least thirty-two bytes long";

  it("is asked for, and then accepted, until it is two periods old", async () => {
    const now = clock();
    const bound = credential({ dpopNonceSecret: secret(SECRET) }, { now, nonces: createMemoryNonces(now) });
    const present = async (nonce: string | undefined) => {
      const iat = Math.floor(now() / 1_000);
      return bound.verify(ask(`DPoP ${token}`, await ada.proof(token, { nonce, iat })));
    };
    const refused = refusal(await present(undefined));
    const fields = Object.fromEntries(refused.details.headers ?? []);
    expect(fields["www-authenticate"]).toContain('error="use_dpop_nonce"');
    const nonce = fields["dpop-nonce"]!;
    identity(await present(nonce));
    identity(await present(nonce));
    expect(refusal(await present(`${nonce}x`)).code).toBe("credential-invalid");
    now.advance(600_000);
    const later = Object.fromEntries(refusal(await present(nonce)).details.headers ?? []);
    expect(later["dpop-nonce"]).not.toBe(nonce);
  });

  it("needs a secret that is set and long enough", async () => {
    const verdict = await credential({ dpopNonceSecret: secret("short") }).verify(
      ask(`DPoP ${token}`, await ada.proof(token)),
    );
    expect(refusal(verdict).code).toBe("configuration-missing");
  });

  it("is for DPoP alone", () => {
    const written = { issuers: inlineIssuer([issuer]), dpopNonceSecret: secret("A") };
    expect(options().safeParse(written).error?.issues[0]?.path).toEqual(["dpopNonceSecret"]);
  });
});

describe("the tests' own URL", () => {
  it("is the request's", () => {
    expect(URL).toBe(ask("", undefined).request.url.split("?")[0]);
  });
});
