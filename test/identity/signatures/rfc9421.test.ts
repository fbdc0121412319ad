// The test cases of RFC 9421, appendix B: requests, keys and signatures are those of the RFC.
import { describe, expect, it } from "vitest";
import type { Identity } from "../../../src/identity/identity.ts";
import {
  HttpSignatureVerifier,
  type Signer,
} from "../../../src/identity/signatures/http-signature-verifier.ts";
import { publicKey, type SignatureKey, sharedKey } from "../../../src/identity/signatures/signature-key.ts";
import { identity, NOW, refusal } from "../support.ts";
import { type Asked, asked, surroundings } from "./support.ts";

const CREATED = 1_618_884_473;

async function jwkOf(spki: string, algorithm: object | string): Promise<unknown> {
  const bytes = Uint8Array.from(atob(spki), (character) => character.charCodeAt(0));
  const key = await crypto.subtle.importKey("spki", bytes, algorithm as never, true, ["verify"]);
  const { kty, crv, n, e, x, y } = (await crypto.subtle.exportKey("jwk", key)) as JsonWebKey;
  return { kty, crv, n, e, x, y };
}

/** Appendix B.1. */
const keys: Readonly<Record<string, () => Promise<SignatureKey | string>>> = {
  "test-key-rsa-pss": async () =>
    publicKey(
      await jwkOf(
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2" +
          "+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+" +
          "oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq" +
          "gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W" +
          "Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4" +
          "aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI" +
          "2wIDAQAB",
        { name: "RSA-PSS", hash: "SHA-512" },
      ),
    ),
  "test-key-ecc-p256": async () =>
    publicKey(
      await jwkOf(
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf" +
          "w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==",
        { name: "ECDSA", namedCurve: "P-256" },
      ),
    ),
  "test-key-ed25519": async () =>
    publicKey({ kty: "OKP", crv: "Ed25519", x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs" }),
  "test-shared-secret": async () =>
    sharedKey(
      Uint8Array.from(
        atob("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="),
        (character) => character.charCodeAt(0),
      ),
    ),
};

async function verify(request: Asked, more: { tag?: string; nonce?: boolean } = {}) {
  const signers = new Map<string, Signer>();
  for (const [id, make] of Object.entries(keys)) {
    const key = await make();
    if (typeof key === "string") throw new Error(`${id}: ${key}`);
    signers.set(id, { key, identity: { id } as Identity });
  }
  const given = surroundings();
  given.now.advance(CREATED * 1_000 - NOW);
  const rules = { signers, components: [], digest: false, maxAge: 300_000, tolerance: 0, nonce: false };
  return new HttpSignatureVerifier({ ...rules, challenge: "Signature", ...more }, given.deps).verify(
    asked(request),
  );
}

const DIGEST =
  "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
const POST = {
  method: "POST",
  url: "https://example.com/foo?param=Value&Pet=dog",
  body: '{"hello": "world"}',
};
const FIELDS = {
  date: "Tue, 20 Apr 2021 02:07:55 GMT",
  "content-type": "application/json",
  "content-digest": DIGEST,
  "content-length": "18",
};
const signed = (input: string, signature: string): Asked => ({
  ...POST,
  headers: { ...FIELDS, "signature-input": input, signature },
});

const b21 = signed(
  'sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
  "sig-b21=:d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXa" +
    "JMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0m" +
    "KZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt" +
    "8C8ssinQ98Xw9Q==:",
);
const b22 = signed(
  'sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss"' +
    ';tag="header-example"',
  "sig-b22=:LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB" +
    "4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7C" +
    "l+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/X" +
    "aVe4bXTugEjHSw==:",
);
const b23 = signed(
  'sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length")' +
    ';created=1618884473;keyid="test-key-rsa-pss"',
  "sig-b23=:bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768Zr" +
    "CUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CC" +
    "oC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5f" +
    "TIztsDZKEgM4cUA==:",
);
const b25 = signed(
  'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
  "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
);
const b26 = signed(
  'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473' +
    ';keyid="test-key-ed25519"',
  "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
);
const b3: Asked = {
  ...POST,
  url: "https://service.internal.example/foo?param=Value&Pet=dog",
  headers: {
    "client-cert":
      ":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVk" +
      "aWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnX" +
      "XfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSME" +
      "GDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4" +
      "YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmu" +
      "ydBVoU4hBVZ1yhk=:",
    "signature-input":
      'ttrp=("@path" "@query" "@method" "@authority" "client-cert");created=1618884473;keyid="test-key-ecc-p256"',
    signature:
      "ttrp=:xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==:",
  },
};

describe("requests of RFC 9421, appendix B", () => {
  it.each([
    ["B.2.1, minimal, RSA-PSS", b21, "test-key-rsa-pss"],
    ["B.2.2, selective, RSA-PSS", b22, "test-key-rsa-pss"],
    ["B.2.3, full coverage, RSA-PSS", b23, "test-key-rsa-pss"],
    ["B.2.5, HMAC", b25, "test-shared-secret"],
    ["B.2.6, Ed25519", b26, "test-key-ed25519"],
    ["B.3, ECDSA P-256", b3, "test-key-ecc-p256"],
  ])("%s holds, and not once anything covered is changed", async (_, request, keyid) => {
    expect(identity(await verify(request)).id).toBe(keyid);
    const { headers } = request;
    const input = headers!["signature-input"]!;
    const changes: Record<string, Asked> = {
      time: { headers: { ...headers, "signature-input": input.replace("1618884473", "1618884472") } },
      signature: { headers: { ...headers, signature: headers!.signature!.replace(/=:./, "=:A") } },
      parameter: { headers: { ...headers, "signature-input": `${input};x` } },
    };
    if (input.includes("@method")) changes.method = { method: "PUT" };
    if (input.includes("@path")) changes.path = { url: request.url!.replace("/foo", "/fo") };
    if (input.includes("@query")) changes.query = { url: request.url!.replace("dog", "cat") };
    if (input.includes("@authority"))
      changes.authority = { url: request.url!.replace("https://", "https://x.") };
    for (const name of Object.keys(FIELDS))
      if (input.includes(`"${name}"`)) changes[name] = { headers: { ...headers, [name]: "x" } };
    for (const [name, change] of Object.entries(changes))
      expect([name, refusal(await verify({ ...request, ...change })).code]).toEqual([
        name,
        "credential-invalid",
      ]);
  });

  it("B.2.2 holds its body to its digest, and to its tag where one is asked for", async () => {
    refusal(await verify({ ...b22, body: '{"hello": "World"}' }));
    identity(await verify(b22, { tag: "header-example" }));
    refusal(await verify(b22, { tag: "other" }));
    refusal(await verify(b23, { tag: "header-example" }));
  });

  it("B.2.1 brings a nonce, where one is asked for", async () => {
    identity(await verify(b21, { nonce: true }));
    refusal(await verify(b22, { nonce: true }));
  });
});

describe("the request of appendix B.4", () => {
  const original: Asked = {
    url: "https://example.org/demo?name1=Value1&Name2=value2",
    headers: {
      date: "Fri, 15 Jul 2022 14:24:55 GMT",
      accept: "application/json, */*",
      "signature-input":
        'transform=("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519"',
      signature:
        "transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==:",
    },
  };

  it.each([
    ["as it was signed", {}, true],
    ["with a longer query and another field", { url: `${original.url}&param=added` }, true],
    [
      "with another field",
      { headers: { ...original.headers, referer: "https://developer.example.org/demo" } },
      true,
    ],
    [
      "of another method and authority",
      { method: "POST", url: "https://example.com/demo?name1=Value1" },
      false,
    ],
    [
      "with its accept in another order",
      { headers: { ...original.headers, accept: "*/*, application/json" } },
      false,
    ],
  ])("%s: %j holds: %s", async (_, change, holds) => {
    const verdict = await verify({ ...original, ...change });
    if (holds) expect(identity(verdict).id).toBe("test-key-ed25519");
    else refusal(verdict);
  });
});
