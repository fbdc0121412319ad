import { CompactEncrypt, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import type { Echo } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse } from "../support/raw-http.ts";
import { bearing, type Signer, signer } from "../support/tokens.ts";
import { serve } from "./served.ts";

let decryptionKey: JWK;
let ada: Signer;

const served = serve("token-places.ts", async (origin) => {
  const { privateKey } = await generateKeyPair("ECDH-ES", { extractable: true });
  decryptionKey = await exportJWK(privateKey);
  return { ORIGIN: origin.url, DECRYPTION_KEY: JSON.stringify(decryptionKey) };
});

beforeAll(async () => {
  ada = await signer("ES256");
  await served.origin.answer("/jwks.json", { body: JSON.stringify({ keys: [ada.jwk] }) });
  await served.origin.answer("/revoked.json", { body: "{}" });
});

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const seen = (answer: HttpResponse) =>
  Object.fromEntries(answer.json<Echo>().headers.map(([name, value]) => [name.toLowerCase(), value]));
/** Nothing that the gateway has said or told holds the token. */
const nowhere = async (token: string, answer: HttpResponse) => {
  await served.gateway.line(answer.header("x-request-id"));
  expect(served.gateway.output()).not.toContain(token);
};

describe("a token in a cookie", () => {
  it("lets in, and the origin is given the other cookies and the body, but not the token", async () => {
    const token = await ada.sign();
    const cookie = `a=1; session=${token}; b=2`;
    const plain = await get("/cookie", { headers: { cookie } });
    expect([plain.status, seen(plain).cookie]).toEqual([200, "a=1; b=2"]);
    expect(seen(plain)["x-identity-subject"]).toBe("ada");
    const body = "x".repeat(100_000);
    const posted = await get("/cookie", {
      method: "POST",
      headers: { cookie, "content-type": "text/plain", "sec-fetch-site": "same-origin" },
      body,
    });
    expect([posted.status, posted.json<Echo>().body]).toEqual([200, body]);
    const alone = await get("/cookie", { headers: { cookie: `session=${token}` } });
    expect([alone.status, seen(alone).cookie]).toEqual([200, undefined]);
    await nowhere(token, alone);
  });

  it("changes nothing for pages of other web origins, which a browser would send it for too", async () => {
    const token = await ada.sign();
    const own = `http://127.0.0.1:${served.gateway.port}`;
    const post = async (path: string, headers: Record<string, string>) => {
      const answer = await get(path, { method: "POST", headers });
      return [answer.status, answer.status === 200 ? undefined : answer.json().code];
    };
    const cookie = `session=${token}`;
    const refused = [403, "cross-site-request"];
    expect(await post("/cookie", { cookie, origin: own })).toEqual([200, undefined]);
    expect(await post("/cookie", { cookie, origin: "https://evil.example" })).toEqual(refused);
    expect(await post("/cookie", { cookie, "sec-fetch-site": "cross-site" })).toEqual(refused);
    expect(await post("/cookie", { cookie })).toEqual(refused);
    expect(await post("/trusting", { cookie, origin: "https://app.example" })).toEqual([200, undefined]);
    expect(await post("/trusting", { cookie, origin: "https://evil.example" })).toEqual(refused);
    // Who sends it in a field of its own knows it.
    const bearer = { ...bearing(token), origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect(await post("/trusting", bearer)).toEqual([200, undefined]);
  });

  it("is not read from anywhere else, and is challenged where it is missing", async () => {
    const token = await ada.sign();
    for (const init of [{ headers: bearing(token) }, { headers: { cookie: `Session=${token}` } }]) {
      const answer = await get("/cookie", init);
      expect([answer.status, answer.json().code]).toEqual([401, "credential-missing"]);
    }
    const twice = await get("/cookie", { headers: { cookie: `session=${token}; session=${token}` } });
    expect([twice.status, twice.json().code]).toEqual([401, "credential-invalid"]);
  });

  it("is there for rules on trial too, before it is taken out", async () => {
    const answer = await get("/trial", { headers: { cookie: `session=${await ada.sign()}` } });
    expect([answer.status, seen(answer).cookie]).toEqual([200, undefined]);
    expect(await served.gateway.line(answer.header("x-request-id"))).toMatchObject({
      reported: [expect.objectContaining({ code: "insufficient-rights" })],
    });
  });
});

describe("a token in the query", () => {
  it("lets in, and stays out of the origin's URL", async () => {
    const token = await ada.sign();
    const answer = await get(`/query?page=2&access%5Ftoken=${token}&q=%20`);
    expect([answer.status, answer.json<Echo>().url]).toEqual([200, "/query?page=2&q=%20"]);
    const alone = await get(`/query?access_token=${token}`);
    expect(alone.json<Echo>().url).toBe("/query");
    await nowhere(token, alone);
  });

  it("is no part of a cache key", async () => {
    const [first, second] = await Promise.all([ada.sign({ jti: "1" }), ada.sign({ jti: "2" })]);
    const stored = await get(`/cached?page=1&access_token=${first}`);
    expect(stored.json<Echo>().url).toBe("/cached?page=1");
    const hit = await get(`/cached?access_token=${second}&page=1`);
    expect(hit.header("cache-status")).toContain("hit");
    expect(hit.text).toBe(stored.text);
    // Another caller's is another's.
    const other = await get(`/cached?page=1&access_token=${await ada.sign({ sub: "eve" })}`);
    expect(seen(other)["x-identity-subject"]).toBe("eve");
  });
});

describe("a token in a field of its own", () => {
  it("lets in, and is withheld with the cookie that could have carried it", async () => {
    const token = await ada.sign();
    const answer = await get("/header", { headers: { "x-access-token": token, cookie: "session=; a=1" } });
    expect(answer.status).toBe(200);
    expect([seen(answer)["x-access-token"], seen(answer).cookie]).toEqual([undefined, "a=1"]);
    const both = await get("/header", { headers: { "x-access-token": token, cookie: `session=${token}` } });
    expect(both.status).toBe(401);
  });
});

describe("an encrypted token", () => {
  it("is opened with the gateway's key, again and again", async () => {
    const { d: _, ...publicJwk } = decryptionKey;
    const token = await new CompactEncrypt(new TextEncoder().encode(await ada.sign()))
      .setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM", cty: "JWT" })
      .encrypt(await importJWK(publicJwk, "ECDH-ES"));
    for (const _ of ["first", "remembered"])
      expect(seen(await get("/encrypted", { headers: bearing(token) }))["x-identity-subject"]).toBe("ada");
    expect((await get("/named", { headers: bearing(token) })).status).toBe(401);
    expect((await get("/encrypted", { headers: bearing(`${token.slice(0, -4)}AAAA`) })).status).toBe(401);
  });
});

describe("claims that say what a caller is", () => {
  it("are told to the origin", async () => {
    const token = await ada.sign({ realm_access: { roles: ["clerk", "packer"] }, org: "acme", tier: "gold" });
    expect(seen(await get("/named", { headers: bearing(token) }))).toMatchObject({
      "x-identity-roles": "clerk packer",
      "x-identity-consumer": "acme",
      "x-identity-plan": "gold",
    });
  });
});

describe("a token that is taken back", () => {
  it("is refused within two periods, though it is remembered; and nobody is let in without a list", async () => {
    const [token, other] = await Promise.all([ada.sign({ jti: "one" }), ada.sign({ jti: "two" })]);
    const status = async (which: string) => (await get("/revocable", { headers: bearing(which) })).status;
    expect(await status(token)).toBe(200);
    await served.origin.answer("/revoked.json", { body: JSON.stringify({ jti: ["one"] }) });
    await expect.poll(() => status(token), { timeout: 4_000, interval: 100 }).toBe(401);
    expect(await status(other)).toBe(200);
    await served.origin.answer("/revoked.json", { status: 500 });
    await expect.poll(() => status(other), { timeout: 6_000, interval: 100 }).toBe(503);
    const refused = await get("/revocable", { headers: bearing(other) });
    expect(refused.json().code).toBe("verification-unavailable");
  });
});
