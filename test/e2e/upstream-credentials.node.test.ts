import { createHmac } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AuthorizationServer, startAuthorizationServer } from "../support/authorization-server.ts";
import { verifyAws } from "../support/aws-verifier.ts";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { deadUrl, type Echo, type Origin, startOrigin } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse, open } from "../support/raw-http.ts";
import { bearing, type Signer, signer } from "../support/tokens.ts";

const API_KEY = "api k3y & more/+=";
const AWS_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const HMAC_SECRET = "an hmac secret of some length";
const CLIENT_SECRET = "client s3cret/+%";
const ADMIN_SECRET = "operators only.7f3a91";

let built: BuiltGateway;
let gateway: ServedGateway;
let origin: Origin;
let login: AuthorizationServer;
let issuer: Signer;
let variables: Readonly<Record<string, string>>;
const gateways: ServedGateway[] = [];

/** A gateway that has no token yet. */
async function fresh(more: Readonly<Record<string, string>> = {}): Promise<ServedGateway> {
  const served = await serveGateway(built, { ...variables, ...more });
  gateways.push(served);
  return served;
}

beforeAll(async () => {
  [built, origin, login, issuer] = await Promise.all([
    buildGateway("upstream-credentials.ts"),
    startOrigin(),
    startAuthorizationServer(),
    signer("ES256"),
  ]);
  await origin.answer("/jwks.json", {
    headers: [["cache-control", "max-age=300"]],
    body: JSON.stringify({ keys: [issuer.jwk] }),
  });
  const pair = await generateKeyPair("ES256", { extractable: true });
  const key = { ...(await exportJWK(pair.privateKey)), alg: "ES256", kid: "client" };
  await login.control({ key: await exportJWK(pair.publicKey) });
  variables = {
    ORIGIN: origin.url,
    LOGIN: login.url,
    TOKEN_URL: `${login.url}/token`,
    CLIENT_SECRET,
    CLIENT_KEY: JSON.stringify(key),
    API_KEY,
    AWS_SECRET,
    HMAC_SECRET,
    ISOGATE_ADMIN_SECRET: ADMIN_SECRET,
  };
  gateway = await fresh();
});

afterAll(async () => {
  await Promise.all([...gateways.map((served) => served.stop()), origin?.stop(), login?.stop()]);
  if (built !== undefined) await removeGateway(built);
});

beforeEach(async () => {
  await login.control({ answer: "token", lifetime: 600, delay: 0, reset: true });
});

const get = (path: string, init?: HttpRequest) => ask(gateway.port, path, init);
const seen = (answer: HttpResponse) =>
  Object.fromEntries(answer.json<Echo>().headers.map(([name, value]) => [name.toLowerCase(), value]));
const holder = (answer: HttpResponse) => [answer.status, answer.json().holder];

describe("a token by client credentials", () => {
  it("is fetched once under load, by the first requests of an isolate and by all after them", async () => {
    const { port } = await fresh();
    await login.control({ delay: 200 });
    const first = await Promise.all(Array.from({ length: 60 }, (_, index) => ask(port, `/crm/${index}`)));
    for (const answer of first) expect(holder(answer)).toEqual([200, "gateway"]);
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 20 }, () => ask(port, "/crm/again")));
    }
    const { requests } = await login.control({});
    expect(requests).toEqual([{ grant_type: "client_credentials", scope: "crm:read" }]);
  });

  it("is fetched once for a composition of more parts than there are connections", async () => {
    const { port } = await fresh();
    await login.control({ delay: 100 });
    const answer = await ask(port, "/composed");
    expect([answer.status, Object.keys(answer.json())]).toEqual([
      200,
      Array.from({ length: 8 }, (_, index) => `step${index}`),
    ]);
    expect((await login.control({})).requests).toHaveLength(1);
  });

  it("outlives the client that happened to be the first", async () => {
    const { port } = await fresh();
    await login.control({ delay: 400 });
    const { request, response } = open(port, "/crm/first");
    response.catch(() => {});
    request.on("error", () => {});
    request.end();
    await expect.poll(async () => (await login.control({})).requests.length).toBe(1);
    const second = ask(port, "/crm/second");
    request.destroy();
    expect(holder(await second)).toEqual([200, "gateway"]);
    expect((await login.control({})).requests).toHaveLength(1);
  });

  it("is renewed behind the requests before it ends: none fails, and none waits for it", async () => {
    const { port } = await fresh();
    await login.control({ lifetime: 2 });
    const tokens = new Set<unknown>();
    const until = Date.now() + 4_500;
    await ask(port, "/crm/warm");
    await login.control({ delay: 150, reset: true });
    while (Date.now() < until) {
      const answer = await ask(port, "/crm/steady");
      expect(answer.status).toBe(200);
      tokens.add(answer.json().token);
    }
    const { requests, meanwhile } = await login.control({});
    expect(tokens.size).toBeGreaterThanOrEqual(3);
    expect(requests.length).toBeLessThanOrEqual(tokens.size + 1);
    // They come one after the other: had one waited for a token, none would have been answered meanwhile.
    expect(meanwhile).toBeGreaterThanOrEqual(requests.length);
  });

  it("that is revoked midway is renewed once for all, and no request fails", async () => {
    const { port } = await fresh();
    await ask(port, "/crm/warm");
    await login.control({ revoke: true, reset: true, delay: 100 });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        ask(port, "/crm/x", { method: "POST", body: `body ${index}` }),
      ),
    );
    const again = answers.filter(({ status }) => status === 503);
    // A body that has streamed by cannot be sent again: its client is told to.
    for (const answer of again) {
      expect([answer.json().code, answer.header("retry-after")]).toEqual([
        "upstream-credential-unavailable",
        "1",
      ]);
    }
    expect((await login.control({})).requests).toHaveLength(1);
    expect(holder(await ask(port, "/crm/x", { method: "POST", body: "again" }))).toEqual([200, "gateway"]);

    await login.control({ revoke: true, reset: true });
    const reads = await Promise.all(Array.from({ length: 30 }, () => ask(port, "/crm/y")));
    for (const answer of reads) expect(holder(answer)).toEqual([200, "gateway"]);
    expect((await login.control({})).requests).toHaveLength(1);
  });

  it("reaches nobody else: the origin's refusal of it, and what it says, end at the gateway", async () => {
    const { port, ...served } = await fresh();
    await ask(port, "/crm/warm");
    await login.control({ revoke: true, answer: "error" });
    const answer = await ask(port, "/crm/x");
    expect([answer.status, answer.json().code, answer.header("www-authenticate")]).toEqual([
      503,
      "upstream-credential-unavailable",
      undefined,
    ]);
    const line = await served.line(answer.header("x-request-id"));
    expect(line).toMatchObject({ fault: "upstream", cause: expect.stringContaining("no token: ") });
  });

  it("that a dead, a failing or a silent server does not give is a 503 at once, and no origin is asked", async () => {
    const dead = await fresh({ LOGIN: await deadUrl(), TOKEN_URL: `${await deadUrl()}/token` });
    for (const path of ["/crm/x", "/by-url"]) {
      const answer = await ask(dead.port, path);
      expect([answer.status, answer.json().code]).toEqual([503, "upstream-credential-unavailable"]);
      expect(Number(answer.header("retry-after"))).toBeGreaterThan(0);
    }
    const { port } = await fresh();
    await login.control({ answer: "error", reset: true });
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(port, "/crm/x")));
    for (const { status } of answers) expect(status).toBe(503);
    const { requests, attempts } = await login.control({});
    expect([requests.length, attempts]).toEqual([1, 0]);
    await login.control({ answer: "token" });
    await expect
      .poll(async () => (await ask(port, "/crm/x")).status, { timeout: 5_000, interval: 200 })
      .toBe(200);
  });

  it("of a client that is not known is refused: 502", async () => {
    const answer = await get("/wrong-client");
    expect([answer.status, answer.json().code]).toEqual([502, "upstream-credential-refused"]);
    const line = await gateway.line(answer.header("x-request-id"));
    expect(line).toMatchObject({
      fault: "upstream",
      cause: "the token endpoint answered 401: invalid_client",
    });
  });

  it("comes from an address too, and for a signed assertion", async () => {
    expect(holder(await get("/by-url"))).toEqual([200, "gateway"]);
    expect(holder(await get("/posted"))).toEqual([200, "gateway"]);
    expect(holder(await get("/asserted"))).toEqual([200, "asserted"]);
    const { requests } = await login.control({});
    expect(requests[2]).toMatchObject({
      client_id: "asserted",
      client_assertion: expect.stringMatching(/^eyJ/),
    });
  });

  it("is the gateway's own, whatever a caller sends", async () => {
    const headers = { authorization: "Bearer theirs" };
    expect(holder(await get("/crm/x", { headers }))).toEqual([200, "gateway"]);
  });
});

describe("a caller's token", () => {
  it("is exchanged for one of the upstream's, once for each caller", async () => {
    const [ada, grace] = await Promise.all([issuer.sign(), issuer.sign({ sub: "grace" })]);
    for (const token of [ada, grace, ada, grace]) {
      expect(holder(await get("/exchanged", { headers: bearing(token) }))).toEqual([200, token]);
    }
    const { requests } = await login.control({});
    expect(requests.map((form) => form.subject_token)).toEqual([ada, grace]);
    expect((await get("/exchanged")).status).toBe(401);
  });
});

describe("a static secret", () => {
  it("stands where it is declared, in place of whatever a caller sends", async () => {
    const spoofed = { "x-vendor": "theirs", x_vendor: "theirs", authorization: "Basic dGhlaXJz" };
    const key = seen(await get("/keyed", { headers: spoofed }));
    expect([key["x-vendor"], key.x_vendor]).toEqual([API_KEY, undefined]);
    expect((await get("/queried?appid=theirs&q=1")).json<Echo>().url).toBe(
      `/queried?q=1&appid=${encodeURIComponent(API_KEY)}`,
    );
    expect(seen(await get("/basic", { headers: spoofed })).authorization).toBe(
      `Basic ${Buffer.from(`gateway:${API_KEY}`).toString("base64")}`,
    );
    expect(seen(await get("/bearer")).authorization).toBe(`Bearer ${API_KEY}`);
  });

  it("that the origin does not take is no 401 of the caller's", async () => {
    await origin.answer("/bearer", { status: 401, headers: [["www-authenticate", "Bearer"]] }, {});
    const answer = await get("/bearer");
    expect([answer.status, answer.json().code, answer.header("www-authenticate")]).toEqual([
      502,
      "upstream-credential-refused",
      undefined,
    ]);
  });
});

describe("a signature", () => {
  it("of AWS's kind holds for an independent verifier, body and all", async () => {
    for (const [path, method, body] of [
      ["/aws/orders", "GET", ""],
      ["/aws/a%20b/c,d?x=1&a=b%20c&a=&%2F=1", "GET", ""],
      ["/aws/orders", "POST", '{"tea":"assam"}'],
    ] as const) {
      const answer = await get(path, {
        method,
        ...(body && { body }),
        headers: { "x-amz-acl": "public-read" },
      });
      const echo = answer.json<Echo>();
      const headers = seen(answer);
      const result = await verifyAws({ method, target: echo.url, headers, body: echo.body }, AWS_SECRET);
      expect(result).toMatchObject({
        holds: true,
        bodyHolds: true,
        key: "AKIDEXAMPLE",
        scope: expect.stringMatching(/^\d{8}\/eu-central-1\/execute-api\/aws4_request$/),
      });
      expect(headers["x-amz-acl"]).toBeUndefined();
    }
    expect((await get("/aws/orders", { method: "POST", body: "x".repeat(1_025) })).status).toBe(413);
  });

  it("of another kind is of the request as the origin gets it", async () => {
    const answer = await get("/signed?a=1", { method: "POST", body: "tea" });
    const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(seen(answer)["x-sig"] ?? "") ?? [];
    expect(Math.abs(Number(time) - Date.now() / 1_000)).toBeLessThan(60);
    const expected = createHmac("sha256", HMAC_SECRET).update(`${time}.POST./signed?a=1.tea`).digest("hex");
    expect(signature).toBe(expected);
  });
});

describe("what nobody is shown", () => {
  it("is a credential, be it in a hook, a log, an error or an explanation", async () => {
    const hooked = await get("/hooked");
    expect(seen(hooked)["x-vendor"]).toBe(API_KEY);
    const line = await gateway.line(hooked.header("x-request-id"));
    expect(line.notes).toEqual(["the hook sees nothing"]);

    const token = (await get("/crm/x")).json<{ token: string }>().token;
    const explained = await Promise.all(
      ["/keyed", "/queried", "/basic", "/bearer", "/crm/x", "/posted", "/asserted", "/aws/x", "/hooked"].map(
        async (path) => {
          const answer = await get("/_gateway/admin/explain", {
            method: "POST",
            headers: { ...bearing(ADMIN_SECRET), "content-type": "application/json" },
            body: JSON.stringify({ method: "GET", url: `https://api.example${path}` }),
          });
          const { calls } = answer.json<{ calls: ReadonlyArray<{ status: number; upstream: string }> }>();
          expect(calls.every(({ status }) => status === 200)).toBe(true);
          expect(calls.length).toBeGreaterThan(0);
          return answer.text;
        },
      ),
    );
    const shown = explained.join("\n") + gateway.output();
    const secrets = [API_KEY, AWS_SECRET, HMAC_SECRET, CLIENT_SECRET].flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ secret }).toString().slice("secret=".length),
    ]);
    const basic = [`gateway:${API_KEY}`, `gateway:${CLIENT_SECRET}`].map((text) =>
      Buffer.from(text).toString("base64"),
    );
    for (const secret of [...secrets, ...basic, token]) {
      expect([secret, shown.includes(secret)]).toEqual([secret, false]);
    }
  });
});
