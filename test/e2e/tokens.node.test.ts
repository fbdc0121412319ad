import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Echo } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse, rawGet, statusOf } from "../support/raw-http.ts";
import {
  AUDIENCE,
  bearing,
  forged,
  goodClaims,
  ISSUER,
  PARTNER,
  type Signer,
  signer,
  signWithSecret,
} from "../support/tokens.ts";
import { serve } from "./served.ts";

const SECRET = "a secret that is at least as long as its hash";

const served = serve("access.ts", (origin) => ({ ORIGIN: origin.url, PARTNER_SECRET: SECRET }));
let es256: Signer;
let rs256: Signer;
let eddsa: Signer;
let foreign: Signer;

beforeAll(async () => {
  [es256, rs256, eddsa, foreign] = (await Promise.all([
    signer("ES256"),
    signer("RS256"),
    signer("EdDSA"),
    signer("ES256"),
  ])) as [Signer, Signer, Signer, Signer];
  const keys = [es256, rs256, eddsa].map(({ jwk }) => jwk);
  await served.origin.answer("/jwks.json", {
    headers: [["cache-control", "max-age=300"]],
    body: JSON.stringify({ keys }),
  });
});

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const present = (token: string, path = "/me", init: HttpRequest = {}) =>
  get(path, { ...init, headers: { ...init.headers, ...bearing(token) } });
const seen = (answer: HttpResponse) =>
  Object.fromEntries(answer.json<Echo>().headers.map(([name, value]) => [name.toLowerCase(), value]));

describe("a good token", () => {
  it("of each algorithm is let in, again and again", async () => {
    const tokens = {
      ES256: await es256.sign(),
      RS256: await rs256.sign(),
      EdDSA: await eddsa.sign(),
      HS256: await signWithSecret(SECRET, { iss: PARTNER }),
    };
    for (const [name, token] of Object.entries(tokens)) {
      for (const _ of ["first", "remembered"])
        expect([name, (await present(token)).status]).toEqual([name, 200]);
    }
  });

  it("tells the origin who calls, and stays at the gateway itself", async () => {
    const spoofed = { "x-identity-subject": "root", "x-identity-plan": "gold", X_Identity_Id: "root" };
    const answer = await present(await es256.sign(), "/me", { headers: spoofed });
    const fields = Object.entries(seen(answer)).filter(([name]) => /identity|authorization/.test(name));
    expect(Object.fromEntries(fields)).toEqual({
      "x-identity-id": `${ISSUER}#ada`,
      "x-identity-subject": "ada",
      "x-identity-issuer": ISSUER,
      "x-identity-credential": "jwt",
      "x-identity-scopes": "orders:read orders:write",
    });
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line).toMatchObject({ identity: `${ISSUER}#ada`, status: 200 });
  });

  it("is passed on where its declaration says so", async () => {
    const token = await es256.sign();
    expect(seen(await present(token, "/forwarded")).authorization).toBe(`Bearer ${token}`);
  });

  it("of a subject that means something elsewhere is that subject and nothing else", async () => {
    const own = async (sub: string) => present(await es256.sign({ sub, org: "x&admin=1" }), "/own");
    expect((await own("a/b?c#d")).json<Echo>().url).toBe("/users/a%2Fb%3Fc%23d?org=x%26admin%3D1");
    expect((await own("é")).json<Echo>().url).toBe("/users/%C3%A9?org=x%26admin%3D1");
    const before = await served.origin.count();
    for (const sub of ["..", ".", "a/../b", "a%2Fb", "%2e%2e", "a\r\nb", "a\\..\\b", "..;x", "a\u0000"]) {
      expect([sub, (await own(sub)).status]).toEqual([sub, 400]);
    }
    expect(await served.origin.count()).toBe(before);
    const broken = seen(await present(await es256.sign({ sub: "a\r\nx-admin: 1" })));
    expect([broken["x-identity-subject"], broken["x-admin"]]).toEqual(["a%0D%0Ax-admin:%201", undefined]);
    const named = (name: unknown) => es256.sign({ name }).then((token) => present(token, "/named"));
    expect(seen(await named("Ada"))["x-name"]).toBe("Ada");
    expect((await named("Ada\r\nx-admin: 1")).status).toBe(400);
  });
});

describe("a request without a token", () => {
  it("is challenged as RFC 6750 asks, and no origin hears of it", async () => {
    const before = await served.origin.count();
    const answer = await get("/me");
    expect([answer.status, answer.json().code]).toEqual([401, "credential-missing"]);
    expect(answer.all("www-authenticate")).toEqual(['Bearer realm="api"']);
    for (const authorization of ["Basic YTpi", "bearer-token x", ""]) {
      expect((await get("/me", { headers: { authorization } })).json().code).toBe("credential-missing");
    }
    expect(await served.origin.count()).toBe(before);
  });
});

describe("a hostile token", () => {
  const now = Math.floor(Date.now() / 1_000);
  const header = { alg: "ES256", kid: "key-ES256", typ: "JWT" };
  const hostile: Readonly<Record<string, () => string | Promise<string>>> = {
    "without an algorithm": () => forged({ ...header, alg: "none" }, goodClaims(), ""),
    "without an algorithm, but a signature": () => forged({ ...header, alg: "None" }, goodClaims()),
    "signed with the public RSA key as a secret": () =>
      signWithSecret(JSON.stringify(rs256.jwk), {}, { kid: "key-RS256" }),
    "signed with the public EC key as a secret": () =>
      signWithSecret(Buffer.from(es256.jwk.x ?? "", "base64url"), {}, { kid: "key-ES256" }),
    "of an algorithm that its key is not for": () => foreign.sign({}, { kid: "key-RS256" }),
    "with an algorithm renamed": () => forged({ ...header, alg: "ES384" }, goodClaims()),
    "signed by another's key of the same name": () => foreign.sign(),
    "of an unknown key": () => foreign.sign({}, { kid: "nobody" }),
    "with a key of its own": () => foreign.sign({}, { jwk: foreign.jwk }),
    "with the address of a key set": () => foreign.sign({}, { jku: `${served.origin.url}/jwks.json` }),
    "with certificates": () => foreign.sign({}, { x5c: ["MIIB"], x5u: "https://evil.example" }),
    "of ours that brings its key along": () => es256.sign({}, { jwk: es256.jwk }),
    "of ours that says where its key is": () => es256.sign({}, { jku: `${served.origin.url}/jwks.json` }),
    "of ours that brings certificates along": () => es256.sign({}, { x5c: ["MIIB"] }),
    "of ours that is compressed": () => es256.sign({}, { zip: "DEF" }),
    "with an unknown critical parameter": () => es256.sign({}, { crit: ["urn:x"], "urn:x": true }),
    "with an unencoded payload": () => forged({ ...header, b64: false, crit: ["b64"] }, goodClaims()),
    "of another type": () => es256.sign({}, { typ: "dpop+jwt" }),
    "of an audience that is not ours": () => es256.sign({ aud: "https://other.example" }),
    "of an audience that ours begins with": () => es256.sign({ aud: AUDIENCE.slice(0, -1) }),
    "without an audience": () => es256.sign({ aud: undefined }),
    "of an unknown issuer": () => es256.sign({ iss: "https://evil.example" }),
    "without an issuer": () => es256.sign({ iss: undefined }),
    "of the partner, signed with our key": () => es256.sign({ iss: PARTNER }),
    "of ours, signed with the partner's secret": () => signWithSecret(SECRET),
    "of the partner with a larger hash": () =>
      signWithSecret(SECRET.repeat(2), { iss: PARTNER }, { alg: "HS512" }),
    "of a wrong secret": () => signWithSecret(`${SECRET}!`, { iss: PARTNER }),
    "without an expiry": () => es256.sign({ exp: undefined }),
    "that expires as text": () => es256.sign({ exp: String(now + 600) }),
    "that is not valid yet": () => es256.sign({ nbf: now + 3_600 }),
    "of the future": () => es256.sign({ iat: now + 3_600 }),
    "without a subject": () => es256.sign({ sub: undefined }),
    "of a subject that is no text": () => es256.sign({ sub: 7 }),
    "bound to a key that nobody proved": () => es256.sign({ cnf: { jkt: "x" } }),
    "with a changed payload": async () => {
      const [first, , last] = (await es256.sign()).split(".");
      return `${first}.${forged(header, { ...goodClaims(), sub: "root" }).split(".")[1]}.${last}`;
    },
    "with a changed signature": async () => (await es256.sign()).replace(/.{6}$/, "AAAAAA"),
    "with a signature in DER": () =>
      forged(header, goodClaims(), Buffer.from("3006020101020101", "hex").toString("base64url")),
    "with an empty signature": () => forged(header, goodClaims(), ""),
    "of zeros": () => forged(header, goodClaims(), "A".repeat(86)),
    "with a fourth part": async () => `${await es256.sign()}.x`,
    "of five parts": () => "a.b.c.d.e",
    "of dots": () => "...",
    "whose header is a list": () => forged([header], goodClaims()),
    "whose claims are null": () => forged(header, null),
    "whose header names a member twice": () => forged(`{"alg":"none","alg":"ES256"}`, goodClaims()),
    "that is deeply nested": () => forged(header, `${"[".repeat(2_500)}${"]".repeat(2_500)}`),
    "that is too large": () => es256.sign({ more: "x".repeat(9_000) }),
    "that is enormous": () => `eyJ${"a".repeat(60_000)}.b.c`,
    "that is no token at all": () => "password",
    "with a padded part": async () => (await es256.sign()).replace(".", "=."),
  };

  it.each(Object.keys(hostile))("%s is refused like every other", async (name) => {
    const before = await served.origin.requests("/me");
    const token = await hostile[name]!();
    const answer = await present(token);
    const { requestId, ...body } = answer.json();
    expect(body).toEqual({
      type: "/_gateway/errors#credential-invalid",
      title: "The credential was not accepted",
      status: 401,
      code: "credential-invalid",
      detail: "The token was not accepted",
    });
    expect(requestId).toBe(answer.header("x-request-id"));
    expect(answer.status).toBe(401);
    expect(answer.all("www-authenticate")).toEqual([
      'Bearer realm="api", error="invalid_token", error_description="The token was not accepted"',
    ]);
    expect(await served.origin.requests("/me")).toHaveLength(before.length);
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line).toMatchObject({ status: 401, fault: "client", cause: expect.any(String) });
    expect(JSON.stringify(line)).not.toContain(token);
  });

  it("that has expired is the only one that is told so", async () => {
    const answer = await present(await es256.sign({ exp: now - 60 }));
    expect(answer.status).toBe(401);
    expect(answer.json()).toMatchObject({ code: "credential-invalid", detail: "The token has expired" });
    expect(answer.header("www-authenticate")).toContain('error="invalid_token"');
  });

  it("is one too many beside a good one", async () => {
    const token = await es256.sign();
    for (const value of [
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token} ${token}`,
      `Basic eA==, Bearer ${token}`,
    ]) {
      expect((await get("/me", { headers: { authorization: value } })).status).toBe(401);
    }
    const two = await rawGet(
      served.gateway.port,
      "/me",
      `Authorization: Bearer ${token}`,
      `Authorization: Bearer ${token}`,
    );
    expect(statusOf(two)).toBe(401);
  });

  it("after many others of unknown keys has not made the issuer work for it", async () => {
    const before = (await served.origin.requests("/jwks.json")).length;
    for (let index = 0; index < 20; index++) {
      expect((await present(await foreign.sign({}, { kid: `guess-${index}` }))).status).toBe(401);
    }
    expect((await served.origin.requests("/jwks.json")).length - before).toBeLessThanOrEqual(1);
  });

  const suite = join(import.meta.dirname, "../../../shared/suites/given-jws.jsonl");
  const lines = existsSync(suite) ? readFileSync(suite, "utf8").trim().split("\n") : [];
  it.skipIf(lines.length === 0)(
    "of Wycheproof's collection (../shared/suites) is never let in, and never a 500",
    async () => {
      const vectors = lines.map(
        (line) => JSON.parse(line) as { id: string; jws: string; headerSafe: boolean },
      );
      const tokens = vectors.filter(({ headerSafe }) => headerSafe);
      expect(tokens.length).toBeGreaterThan(200);
      for (const { id, jws } of tokens) expect([id, (await present(jws)).status]).toEqual([id, 401]);
    },
  );
});
