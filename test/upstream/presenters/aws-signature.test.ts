import { describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import type { Outbound } from "../../../src/upstream/presenter.ts";
import { create, options } from "../../../src/upstream/presenters/aws-signature.ts";
import { verifyAws } from "../../support/aws-verifier.ts";
import { faults, presented, refusalOf, toolsOf } from "../support.ts";

/** Keys and moments of AWS's own documentation and test suite. */
const SUITE = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  date: "20150830T123600Z",
};
const S3 = {
  service: "s3",
  region: "us-east-1",
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const S3_DAY = Date.UTC(2013, 4, 24);

type Options = Parameters<typeof create>[0];

function presenter(more: Partial<Options> = {}, now = S3_DAY) {
  return create({ ...S3, maxBody: 100, passFields: [], ...more }, toolsOf(undefined, () => now).tools);
}

/** What left, as its receiver sees it. */
function received({ method, url, headers, body }: Outbound) {
  const { host } = new URL(url);
  return {
    method,
    target: url.slice(url.indexOf(host) + host.length),
    headers: { ...Object.fromEntries(headers), host },
    body: body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body ?? ""),
  };
}

const verified = async (outbound: Outbound) => verifyAws(received(outbound), S3.secretAccessKey);

describe("the tests' own verifier", () => {
  it.each([
    ["GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    [
      "GET",
      "/?Param2=value2&Param1=value1",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
  ])("accepts AWS's test suite: %s %s", async (method, target, signature) => {
    const headers = {
      host: "example.amazonaws.com",
      "x-amz-date": SUITE.date,
      authorization: `AWS4-HMAC-SHA256 Credential=${SUITE.accessKeyId}/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    };
    expect(await verifyAws({ method, target, headers, body: "" }, SUITE.secretAccessKey)).toMatchObject({
      holds: true,
    });
    expect(await verifyAws({ method, target, headers, body: "x" }, SUITE.secretAccessKey)).toMatchObject({
      holds: false,
    });
  });
});

describe("an AWS signature", () => {
  it.each([
    ["?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    ["?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
  ])("is the one that AWS's documentation of S3 gives for %s", async (search, signature) => {
    const { headers } = await presented(presenter({ payload: "signed" }), {
      url: `https://examplebucket.s3.amazonaws.com/${search}`,
    });
    expect(headers.get("authorization")).toBe(
      `AWS4-HMAC-SHA256 Credential=${S3.accessKeyId}/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
    );
    expect(headers.get("x-amz-date")).toBe("20130524T000000Z");
  });

  it.each([
    ["/a/b", ""],
    ["/a%20b/c%C3%A9", "?q=a%20b&b=&a=2&a=1"],
    ["/v1.0/x:y;z,w=1@2", "?%2F=%3D"],
    ["/a!b'c(d)*", "?x=!'()*"],
  ])("holds for paths and queries of every kind: %s%s", async (path, search) => {
    const url = `https://api.example${path}${search}`;
    const outbound = await presented(presenter({ service: "execute-api" }), { url });
    expect([outbound.url, (await verified(outbound)).holds]).toEqual([url, true]);
  });

  it("covers the body, be it text, bytes or a stream", async () => {
    const stream = () => new Response("tea").body;
    for (const body of ["tea", new TextEncoder().encode("tea"), stream()]) {
      const outbound = await presented(presenter({ service: "sqs" }), { method: "POST", body });
      expect(received(outbound).body).toBe("tea");
      expect(await verified(outbound)).toMatchObject({ holds: true, bodyHolds: true });
    }
  });

  it("of a body that is larger than may be read is none", async () => {
    const body = () => new Response("x".repeat(101)).body;
    const request = { method: "POST", body: body() };
    expect((await refusalOf(() => presented(presenter({ service: "sqs" }), request))).code).toBe(
      "body-too-large",
    );
  });

  it("lets a body of S3 stream by over TLS, and over nothing else", async () => {
    const digest = async (url: string, more: Partial<Options> = {}) => {
      const body = new Response("tea").body!;
      const outbound = await presented(presenter(more), { url, method: "PUT", body });
      return [outbound.headers.get("x-amz-content-sha256") === "UNSIGNED-PAYLOAD", outbound.body === body];
    };
    expect(await digest("https://s3.example/a")).toEqual([true, true]);
    expect(await digest("http://s3.example/a")).toEqual([false, false]);
    expect(await digest("http://s3.example/a", { payload: "unsigned" })).toEqual([false, false]);
    expect(await digest("https://s3.example/a", { payload: "signed" })).toEqual([false, false]);
  });

  it("signs no field that something on the way may change, and lets none of the caller's x-amz fields through", async () => {
    const headers = new Headers({
      "accept-encoding": "gzip",
      "x-forwarded-for": "203.0.113.7",
      "x-amz-copy-source": "/other/secret",
      "x-amz-acl": "public-read",
      x_amz_acl: "public-read",
      "x-amz-date": "20000101T000000Z",
      "x-amz-security-token": "theirs",
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
      "x-amz-target": "Orders.List",
    });
    const outbound = await presented(presenter({ service: "dynamodb", passFields: ["x-amz-target"] }), {
      headers,
    });
    expect(await verified(outbound)).toMatchObject({
      holds: true,
      bodyHolds: true,
      signed: ["host", "x-amz-content-sha256", "x-amz-date", "x-amz-target"],
    });
    expect([...outbound.headers.keys()]).toEqual([
      "accept-encoding",
      "authorization",
      "x-amz-content-sha256",
      "x-amz-date",
      "x-amz-target",
      "x-forwarded-for",
    ]);
  });

  it("carries and signs the token of temporary credentials", async () => {
    const outbound = await presented(presenter({ sessionToken: "temporary" }));
    expect(outbound.headers.get("x-amz-security-token")).toBe("temporary");
    expect(await verified(outbound)).toMatchObject({
      holds: true,
      signed: expect.arrayContaining(["x-amz-security-token"]),
    });
  });

  it("is of the day, after midnight too", async () => {
    let now = S3_DAY + 86_399_000;
    const long = create({ ...S3, maxBody: 100, passFields: [] }, toolsOf(undefined, () => now).tools);
    for (const day of ["20130524", "20130525", "20130526"]) {
      const result = await verified(await presented(long));
      expect([result.holds, result.scope]).toEqual([true, `${day}/us-east-1/s3/aws4_request`]);
      now += 86_400_000;
    }
  });
});

describe("its options", () => {
  const good = { service: "s3", region: "eu-central-1", accessKeyId: "A", secretAccessKey: secret("S") };
  const judge = (more: object) => faults(options(), { ...good, ...more });

  it("are a service, a region and keys", () => {
    expect(
      judge({ sessionToken: secret("T"), payload: "unsigned", maxBody: "5MB", passFields: ["X-Amz-Target"] }),
    ).toEqual([]);
    expect(judge({ service: "S 3" })).toEqual(["service: is no name of a service"]);
    expect(judge({ secretAccessKey: "plain" })).toHaveLength(1);
    expect(judge({ passFields: ["x-amz-date"] })).toEqual([
      "passFields.0: is what the signature itself sets",
    ]);
    expect(judge({ passFields: ["accept"] })).toEqual(["passFields.0: is no name of an x-amz-… field"]);
  });
});
