import { beforeAll, describe, expect, it } from "vitest";
import { env, secret } from "../../../src/env.ts";
import { jwtSchema } from "../../../src/identity/credentials/jwt-schema.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { AUDIENCE, ISSUER, type TestKey, testKey } from "../support.ts";

let key: TestKey;

beforeAll(async () => {
  key = await testKey("ES256");
});

const base = { issuer: ISSUER, audience: AUDIENCE, keys: { url: "https://issuer.example/keys" } };
const faults = (options: unknown) =>
  jwtSchema()
    .safeParse(options)
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("options of the jwt credential", () => {
  it("are compiled with the safe defaults", () => {
    expect(jwtSchema().parse({ issuers: base })).toEqual({
      issuers: [
        {
          issuer: ISSUER,
          audience: [AUDIENCE],
          keys: { url: "https://issuer.example/keys" },
          algorithms: expect.not.arrayContaining(["HS256", "none"]),
          types: ["jwt", "at+jwt"],
          untyped: true,
        },
      ],
      tolerance: 10_000,
      maxTokenBytes: 8_000,
      forwardToken: false,
    });
  });

  it("may come from an upstream, a list of keys or a secret", () => {
    const identity = upstream("identity", { origin: "https://issuer.example" });
    const from = (keys: object, more = {}) =>
      jwtSchema().parse({ issuers: [{ ...base, ...more, keys } as typeof base] }).issuers[0];
    expect(from({ upstream: identity, path: "/keys" })?.keys).toEqual({ upstream: identity, path: "/keys" });
    expect(from({ keys: [key.publicJwk] })?.keys).toEqual({ inline: { keys: [key.publicJwk] } });
    expect(from({ secret: secret("JWT_SECRET") })).toMatchObject({
      keys: { secret: { $env: "JWT_SECRET" } },
      algorithms: ["HS256"],
    });
    expect(from({ secret: secret("JWT_SECRET") }, { algorithms: ["HS512"] })?.algorithms).toEqual(["HS512"]);
    expect(from({ url: "http://127.0.0.1:8788/keys" })?.keys).toEqual({ url: "http://127.0.0.1:8788/keys" });
  });

  it.each<[string, () => object, string[]]>([
    ["without audience", () => ({ audience: undefined }), ["issuers.audience: "]],
    ["with an empty audience", () => ({ audience: [] }), ["issuers.audience: "]],
    ["with an unknown key", () => ({ audiences: "x" }), ['issuers: Unrecognized key: "audiences"']],
    [
      "with an issuer that has a fragment",
      () => ({ issuer: "https://issuer.example/#a" }),
      ["issuers.issuer: must have no ?"],
    ],
    ["with the algorithm none", () => ({ algorithms: ["none"] }), ["issuers.algorithms.0: "]],
    [
      "with HMAC for public keys",
      () => ({ algorithms: ["RS256", "HS256"] }),
      ["issuers.algorithms: HS256 needs a secret"],
    ],
    [
      "with a secret for public-key algorithms",
      () => ({ keys: { secret: secret("S") }, algorithms: ["HS256", "RS256"] }),
      ["issuers.algorithms: an issuer with a secret has exactly one of"],
    ],
    [
      "with a secret in the manifest",
      () => ({ keys: { secret: "hunter2" } }),
      ["issuers.keys.secret: must be secret("],
    ],
    [
      "with a secret that is a variable",
      () => ({ keys: { secret: env("S") } }),
      ["issuers.keys.secret: must be secret("],
    ],
    [
      "with keys over http",
      () => ({ keys: { url: "http://issuer.example/keys" } }),
      ["issuers.keys.url: must be https"],
    ],
    ["with keys from a file", () => ({ keys: { url: "file:///keys" } }), ["issuers.keys.url: must be https"]],
    [
      "with a password in the URL",
      () => ({ keys: { url: "https://a:b@issuer.example/" } }),
      ["issuers.keys.url: must not hold"],
    ],
    [
      "with no URL",
      () => ({ keys: { url: "issuer.example/keys" } }),
      ["issuers.keys.url: is not an absolute URL"],
    ],
    [
      "with an upstream's name",
      () => ({ keys: { upstream: "identity", path: "/" } }),
      ["issuers.keys.upstream: is not an upstream"],
    ],
    [
      "with two sources",
      () => ({ keys: { ...base.keys, path: "/" } }),
      ['issuers.keys: Unrecognized key: "path"'],
    ],
    [
      "with no source",
      () => ({ keys: {} }),
      ["issuers.keys: must have one of keys, url, upstream (with path), discovery, secret"],
    ],
    ["with no keys", () => ({ keys: { keys: [] } }), ["issuers.keys.keys: has no key"]],
    [
      "with a private key",
      () => ({ keys: { keys: [key.publicJwk, { ...key.publicJwk, d: "x" }] } }),
      ["issuers.keys.keys: key 1: it is a private or secret key"],
    ],
  ])("are refused %s", (_, change, expected) => {
    const found = faults({ issuers: { ...base, ...change() } });
    expect(found).toHaveLength(expected.length);
    expected.forEach((start, index) => {
      expect(found?.[index]).toSatisfy((fault: string) => fault.startsWith(start), start);
    });
  });

  it("are refused with two issuers of one name, and every fault of a list is told with its place", () => {
    expect(faults({ issuers: [base, base] })).toEqual(["issuers.1.issuer: is listed twice"]);
    const found = faults({
      issuers: [base, { ...base, issuer: "", audience: 1 }],
      tolerance: "1h",
      maxTokenSize: "1MB",
    });
    expect(found?.map((fault) => fault.split(":")[0])).toEqual([
      "issuers.1.issuer",
      "issuers.1.issuer",
      "issuers.1.audience",
      "tolerance",
      "maxTokenSize",
    ]);
  });
});
