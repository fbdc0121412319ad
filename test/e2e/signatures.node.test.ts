import { createHash, createHmac, createPrivateKey, randomUUID, sign as signBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hashPassword } from "../../src/identity/passwords/derive.ts";
import { formatPasswordHash } from "../../src/identity/passwords/password-hash.ts";
import type { Echo } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse, rawGet, statusOf } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const PASSWORD = "correct horse battery staple";
const SECRETS = {
  PARTNER_SECRET: "a secret of the partner, long enough",
  PARTNER_SECRET_OLD: "the secret that the partner had before",
  STRIPE_SECRET: "whsec_of_the_shop_at_stripe",
  GITHUB_SECRET: "a secret that github knows",
};
// RFC 9421, appendix B.1.4.
const ED = createPrivateKey({
  key: Buffer.from("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF", "base64"),
  format: "der",
  type: "pkcs8",
});

const served = serve("signatures.ts", async (origin) => {
  const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
  const hash = await hashPassword(PASSWORD, { algorithm: "SHA-256", iterations: 10_000 }, random);
  return { ORIGIN: origin.url, ADA_HASH: formatPasswordHash(hash), ...SECRETS };
});

const send = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const seen = (answer: HttpResponse) =>
  Object.fromEntries(answer.json<Echo>().headers.map(([name, value]) => [name.toLowerCase(), value]));
/** The origin tells a body byte by byte. */
const bodyOf = (answer: HttpResponse) => Buffer.from(answer.json<Echo>().body, "latin1").toString();
const seconds = () => Math.floor(Date.now() / 1_000);
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A refusal as its caller sees it; no origin has heard of the request. */
async function refused(path: string, init: HttpRequest) {
  const before = await served.origin.count();
  const answer = await send(path, init);
  expect(await served.origin.count()).toBe(before);
  const line = await served.gateway.line(answer.header("x-request-id"));
  for (const secret of [PASSWORD, ...Object.values(SECRETS)])
    expect(JSON.stringify(line)).not.toContain(secret);
  const { code, detail } = answer.json();
  return {
    status: answer.status,
    code,
    detail,
    challenges: answer.all("www-authenticate"),
    cause: line.cause,
  };
}

const INVALID = { status: 401, code: "credential-invalid" };
const MISSING = { status: 401, code: "credential-missing" };

describe("basic", () => {
  const as = (pair: string) => ({ headers: { authorization: `Basic ${base64(pair)}` } });
  const challenges = ['Basic realm="office", charset="UTF-8"'];

  it("lets in who knows the password, again and again, and keeps it from the origin", async () => {
    for (const _ of ["first", "remembered"]) {
      const answer = await send("/basic", as(`ada:${PASSWORD}`));
      expect(answer.status).toBe(200);
      expect(seen(answer)).toMatchObject({ "x-identity-id": "basic:office#ada" });
      expect(seen(answer).authorization).toBeUndefined();
    }
  });

  it("refuses everybody else alike", async () => {
    expect(await refused("/basic", {})).toMatchObject({ ...MISSING, challenges });
    const wrong = await refused("/basic", as("ada:wrong"));
    expect(wrong).toMatchObject({ ...INVALID, challenges, detail: undefined });
    expect(await refused("/basic", as(`bob:${PASSWORD}`))).toEqual(wrong);
    for (const authorization of [
      "Basic",
      "Basic ***",
      `Basic ${base64("ada")}`,
      `Basic ${base64("\u0000:x")}`,
    ])
      expect(await refused("/basic", { headers: { authorization } })).toMatchObject({
        ...INVALID,
        challenges,
      });
    const line = `Authorization: Basic ${base64(`ada:${PASSWORD}`)}`;
    expect(statusOf(await rawGet(served.gateway.port, "/basic", line, line))).toBe(401);
  });
});

interface Hmac {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly timestamp?: number;
  readonly nonce?: string;
  readonly key?: string;
  readonly secret?: string;
}

function hmac({ method = "POST", path = "/hmac/a?b=c", body = "{}", ...rest }: Hmac = {}) {
  const { timestamp = seconds(), nonce = randomUUID(), key = "acme", secret = SECRETS.PARTNER_SECRET } = rest;
  const [target = "", query = ""] = path.split("?");
  const type = "application/json";
  const digest = createHash("sha256").update(body).digest("hex");
  const lines = ["HMAC-SHA256", key, timestamp, nonce, method, target, query, `content-type:${type}`, digest];
  const signature = createHmac("sha256", secret).update(lines.join("\n")).digest("base64");
  const authorization = `HMAC key="${key}", timestamp="${timestamp}", nonce="${nonce}", signature="${signature}"`;
  return { method, body, headers: { "content-type": type, authorization } };
}

describe("hmac", () => {
  const challenges = ['HMAC realm="api", algorithm="sha256", headers="content-type"'];

  it("lets a signed request in, of either secret, with its body and without its signature", async () => {
    for (const secret of [SECRETS.PARTNER_SECRET, SECRETS.PARTNER_SECRET_OLD]) {
      const answer = await send("/hmac/a?b=c", hmac({ secret, body: '{"tea":"é"}' }));
      expect(answer.status).toBe(200);
      expect([answer.json<Echo>().url, bodyOf(answer)]).toEqual(["/hmac/a?b=c", '{"tea":"é"}']);
      expect(seen(answer)).toMatchObject({
        "x-identity-id": "hmac:api#acme",
        "x-identity-credential": "hmac",
      });
      expect(seen(answer).authorization).toBeUndefined();
    }
    expect((await send("/hmac/%7Ea/%2e?q=%20", hmac({ path: "/hmac/%7Ea/%2e?q=%20" }))).status).toBe(400);
    expect((await send("/hmac/%7Ea?q=%20", hmac({ path: "/hmac/%7Ea?q=%20" }))).status).toBe(200);
    expect((await send("/hmac/a", hmac({ method: "GET", path: "/hmac/a", body: "" }))).status).toBe(200);
  });

  it("refuses what was changed, is too old, or was signed with another secret", async () => {
    const path = "/hmac/a?b=c";
    expect(await refused(path, {})).toMatchObject({ ...MISSING, challenges });
    const good = hmac();
    const changed: ReadonlyArray<readonly [string, HttpRequest]> = [
      ["/hmac/a?b=d", good],
      ["/hmac/%61?b=c", good],
      [path, { ...good, method: "PUT" }],
      [path, { ...good, body: "{} " }],
      [path, { ...good, headers: { ...good.headers, "content-type": "text/plain" } }],
      [path, hmac({ secret: "another secret of more than 32 bytes" })],
      [path, hmac({ key: "nobody" })],
      [path, { ...good, headers: { ...good.headers, authorization: "HMAC x" } }],
    ];
    for (const [target, init] of changed)
      expect(await refused(target, init)).toMatchObject({ ...INVALID, challenges });
    for (const timestamp of [seconds() - 400, seconds() + 400])
      expect(await refused(path, hmac({ timestamp }))).toMatchObject({
        detail: "The signature is not of this time",
      });
    expect(await refused(path, hmac({ body: "x".repeat(65_000) }))).toMatchObject({ status: 413 });
    expect((await send(path, good)).status).toBe(200);
  });

  it("lets one of many copies in that come at once", async () => {
    const request = hmac();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send("/hmac/a?b=c", request)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(401)]);
    expect(await refused("/hmac/a?b=c", request)).toMatchObject({ ...INVALID, challenges });
  });
});

describe("webhooks", () => {
  const BODY = '{"type":"charge.succeeded","data":"é"}';
  const stripe = (timestamp = seconds(), secret: string = SECRETS.STRIPE_SECRET, body = BODY) => {
    const v1 = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
    return { method: "POST", body, headers: { "stripe-signature": `t=${timestamp},v1=${v1}` } };
  };
  const github = (secret = SECRETS.GITHUB_SECRET) => {
    const signature = createHmac("sha256", secret).update(BODY).digest("hex");
    return { method: "POST", body: BODY, headers: { "x-hub-signature-256": `sha256=${signature}` } };
  };

  it("of Stripe are let in once, and as they are", async () => {
    const now = seconds();
    const delivery = stripe(now);
    const answer = await send("/stripe", delivery);
    expect([answer.status, bodyOf(answer)]).toEqual([200, BODY]);
    expect(seen(answer)).toMatchObject({ "x-identity-id": "webhook#stripe", ...delivery.headers });
    const challenges = ['Webhook realm="stripe"'];
    expect(await refused("/stripe", delivery)).toMatchObject({ ...INVALID, challenges });
    expect((await send("/stripe", stripe(now - 1))).status).toBe(200);
    expect(await refused("/stripe", { ...stripe(now - 2), body: `${BODY} ` })).toMatchObject(INVALID);
    expect(await refused("/stripe", stripe(now - 301))).toMatchObject({ ...INVALID, challenges });
    expect(await refused("/stripe", stripe(now, SECRETS.GITHUB_SECRET))).toMatchObject(INVALID);
    expect(
      await refused("/stripe", { ...delivery, headers: { "stripe-signature": "t=,v1=" } }),
    ).toMatchObject(INVALID);
    expect(await refused("/stripe", { method: "POST", body: BODY })).toMatchObject({
      ...MISSING,
      challenges,
    });
  });

  it("of GitHub are let in however often they come", async () => {
    for (const _ of [1, 2]) expect((await send("/github", github())).status).toBe(200);
    expect(await refused("/github", github(SECRETS.STRIPE_SECRET))).toMatchObject(INVALID);
  });

  it("are nobody's while their secret is not set", async () => {
    expect(await refused("/unset", github())).toMatchObject({ status: 500, code: "configuration-missing" });
  });
});

interface Signing {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly created?: number;
  readonly nonce?: string;
  readonly keyid?: "ed" | "shared";
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request with the fields of RFC 9421. */
function signed({ method = "POST", path = "/signed/a?b=c", body = "tea", ...rest }: Signing = {}) {
  const { created = seconds(), nonce = randomUUID(), keyid = "ed" } = rest;
  const [target = "", query = ""] = path.split("?");
  const digest = `sha-512=:${createHash("sha512").update(body).digest("base64")}:`;
  const list = `("@method" "@path" "@query" "content-digest");created=${created};keyid="${keyid}";nonce="${nonce}"`;
  const base = [
    `"@method": ${method}`,
    `"@path": ${target}`,
    `"@query": ?${query}`,
    `"content-digest": ${digest}`,
    `"@signature-params": ${list}`,
  ].join("\n");
  const bytes =
    keyid === "ed"
      ? signBytes(null, Buffer.from(base), ED)
      : createHmac("sha256", SECRETS.PARTNER_SECRET).update(base).digest();
  const fields = {
    "content-digest": digest,
    "signature-input": `sig1=${list}`,
    signature: `sig1=:${bytes.toString("base64")}:`,
  };
  return { method, body, headers: { ...fields, ...rest.headers } };
}

describe("httpSignature", () => {
  const challenges = ['Signature realm="api", components="@method @path @query"'];

  it("lets a signed request in, whoever of the two signed it, and keeps its signature", async () => {
    for (const keyid of ["ed", "shared"] as const) {
      const answer = await send("/signed/a?b=c", signed({ keyid, body: "tea é" }));
      expect([answer.status, bodyOf(answer)]).toEqual([200, "tea é"]);
      const fields = seen(answer);
      expect(fields["x-identity-id"]).toBe(`http-signature:api#${keyid}`);
      expect([fields.signature, fields["signature-input"]]).toEqual([undefined, undefined]);
      expect(fields["content-digest"]).toBeDefined();
    }
    const spelt = "/signed/%7ea%20b?x=%2f";
    expect((await send(spelt, signed({ path: spelt }))).status).toBe(200);
  });

  it("refuses what was changed, is too old, or malformed", async () => {
    const path = "/signed/a?b=c";
    const good = signed();
    expect(await refused(path, { method: "POST" })).toMatchObject({ ...MISSING, challenges });
    const changed: ReadonlyArray<readonly [string, HttpRequest]> = [
      ["/signed/a?b=d", good],
      ["/signed/%61?b=c", good],
      [path, { ...good, method: "PUT" }],
      [path, { ...good, body: "coffee" }],
      [path, signed({ headers: { "content-digest": "sha-512=:AAAA:" } })],
      [path, signed({ headers: { signature: "sig1=:AAAA:" } })],
      [path, signed({ headers: { signature: "" } })],
      [path, signed({ headers: { "signature-input": "(" } })],
      [path, signed({ nonce: "" })],
    ];
    for (const [target, init] of changed)
      expect(await refused(target, init)).toMatchObject({ ...INVALID, challenges });
    for (const created of [seconds() - 400, seconds() + 60])
      expect(await refused(path, signed({ created }))).toMatchObject({
        detail: "The signature is not of this time",
      });
    expect((await send(path, good)).status).toBe(200);
    expect(await refused(path, good)).toMatchObject({ ...INVALID, challenges });
  });
});

describe("credentials together", () => {
  const password = { authorization: `Basic ${base64(`ada:${PASSWORD}`)}` };

  it("one of which must hold are tried in turn, and all are asked for", async () => {
    const path = "/either/a?b=c";
    const proofs = [{ method: "POST", headers: password }, hmac({ path }), signed({ path })];
    for (const proof of proofs) expect((await send(path, proof)).status).toBe(200);
    const { challenges } = await refused(path, {});
    expect(challenges.join()).toMatch(/^Basic realm=.*, HMAC realm=.*, Signature realm=/);
    const both = { ...signed({ path }), method: "PUT" };
    const one = { ...both, headers: { ...both.headers, ...password } };
    expect((await send(path, one)).status).toBe(200);
  });

  it("that must all hold leave the body to be read after them", async () => {
    const path = "/both/a?b=c";
    const answer = await send(path, signed({ path, headers: password, body: "tea" }));
    expect([answer.status, bodyOf(answer)]).toEqual([200, "tea"]);
    expect(seen(answer)["x-identity-id"]).toBe("http-signature:api#ed");
    expect(await refused(path, signed({ path }))).toMatchObject(MISSING);
    expect(await refused(path, { method: "POST", headers: password })).toMatchObject(MISSING);
  });
});

describe("the nonces", () => {
  it("are there when the gateway has been killed", async () => {
    const { serveGateway } = await import("../support/gateway.ts");
    const request = hmac();
    expect((await send("/hmac/a?b=c", request)).status).toBe(200);
    await served.gateway.stop();
    const hash = await hashPassword(PASSWORD, { algorithm: "SHA-256", iterations: 10_000 }, (bytes) =>
      bytes.fill(1),
    );
    const variables = { ORIGIN: served.origin.url, ADA_HASH: formatPasswordHash(hash), ...SECRETS };
    served.gateway = await serveGateway(served.built, variables, served.gateway);
    expect(await refused("/hmac/a?b=c", request)).toMatchObject(INVALID);
    expect((await send("/hmac/a?b=c", hmac())).status).toBe(200);
  });
});
