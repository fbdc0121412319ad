import { createHash } from "node:crypto";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import type { Echo } from "../support/origin.ts";
import { ask, type HttpRequest } from "../support/raw-http.ts";
import { bearing, type Signer, signer } from "../support/tokens.ts";
import { serve } from "./served.ts";

let ada: Signer;
let token: string;
const served = serve("dispatched-credentials.ts", (origin) => ({ ORIGIN: origin.url }));

beforeAll(async () => {
  ada = await signer("ES256");
  token = await ada.sign();
  await served.origin.answer("/jwks.json", { body: JSON.stringify({ keys: [ada.jwk] }) });
});

const cookie = () => ({ cookie: `session=${token}` });

/** Status and code of what a request comes to, and why the one that it dispatched was refused. */
async function outcome(path: string, init: HttpRequest) {
  const answer = await ask(served.gateway.port, path, init);
  const line = await served.gateway.line(answer.header("x-request-id"));
  const [child] = line.children ?? [];
  const code = answer.status === 200 ? undefined : answer.json().code;
  return { status: answer.status, code, cause: child?.cause, answer };
}

describe("a request that is dispatched", () => {
  it("brings the caller's bearer token, and is judged for itself", async () => {
    expect(await outcome("/by-bearer?to=bearer", { headers: bearing(token) })).toMatchObject({ status: 200 });
    expect(await outcome("/composed", { headers: bearing(token) })).toMatchObject({ status: 200 });
  });

  it("brings neither the caller's cookies nor its parameters, though they let the caller in", async () => {
    for (const [path, init] of [
      ["/by-cookie?to=cookie", { headers: cookie() }],
      ["/by-cookie?to=bearer", { headers: cookie() }],
      [`/by-query?to=query&access_token=${token}`, {}],
      ["/by-bearer?to=cookie", { headers: { ...bearing(token), ...cookie() } }],
    ] as const) {
      expect(await outcome(path, init)).toMatchObject({
        status: 401,
        code: "credential-missing",
        cause: expect.stringContaining("a dispatched request brings the caller's Authorization"),
      });
    }
  });

  it("is not let in by a proof for another request", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(publicKey);
    const bound = await ada.sign({ cnf: { jkt: await calculateJwkThumbprint(jwk) } });
    const proof = await new SignJWT({
      htm: "GET",
      htu: `http://127.0.0.1:${served.gateway.port}/by-dpop`,
      iat: Math.floor(Date.now() / 1_000),
      jti: crypto.randomUUID(),
      ath: createHash("sha256").update(bound).digest("base64url"),
    })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
      .sign(privateKey);
    const headers = { authorization: `DPoP ${bound}`, dpop: proof };
    expect(await outcome("/by-dpop?to=dpop", { headers })).toMatchObject({
      status: 401,
      code: "credential-invalid",
      cause: "the proof is for another URL",
    });
  });

  it("changes nothing by cookies that were handed on to it: no page has made it", async () => {
    const safe = await outcome("/hands-on", { headers: cookie() });
    expect([safe.status, safe.answer.json<Echo>().method]).toEqual([200, "GET"]);
    // Any page can have a browser get this one, and it must not become a POST of the user's.
    expect(await outcome("/hands-on?method=POST", { headers: cookie() })).toMatchObject({
      status: 403,
      code: "cross-site-request",
    });
  });
});
