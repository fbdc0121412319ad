import { describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import { options } from "../../../src/identity/credentials/http-signature.ts";
import { CHALLENGE, codeOf, httpSignature, keys, signature, signed } from "../signatures/http-signer.ts";
import { type Asked, asked, surroundings } from "../signatures/support.ts";
import { identity, refusal } from "../support.ts";

describe("a signature", () => {
  it.each(["ed", "ec", "rsa", "shared"])("with the key %s says who calls", async (keyid) => {
    expect(identity(await httpSignature().verify(await signed({ keyid })))).toEqual({
      id: `http-signature:api#${keyid}`,
      subject: keyid,
      issuer: "http-signature:api",
      claims: {},
      scopes: [],
      credential: "httpSignature",
      key: `http-signature:api#${keyid}`,
    });
    for (const by of ["ed", "ec", "rsa", "shared"].filter((each) => each !== keyid))
      expect(await codeOf(signed({ keyid, by }))).toBe("credential-invalid");
  });

  it("covers what it says, by every name that there is", async () => {
    const url = "https://api.example/orders/%7e?a=1&b+c=x+y~!";
    const covered = [
      "@method",
      "@target-uri",
      "@authority",
      "@scheme",
      "@request-target",
      "@path",
      "@query",
      "x-tenant",
    ].map((name) => `"${name}"`);
    covered.push('"@query-param";name="a"', '"@query-param";name="b%20c"');
    const signing = { url, covered, headers: { "x-tenant": "tea" } };
    identity(await httpSignature().verify(await signed(signing)));
    const changes: readonly Asked[] = [
      { method: "HEAD" },
      { url: url.replace("%7e", "~") },
      { url: url.replace("a=1", "a=2") },
      { url: url.replace("api.", "apis.") },
      { url: url.replace("https", "http") },
      { headers: { "x-tenant": "coffee" } },
    ];
    for (const change of changes)
      expect([change, await codeOf(signed(signing, change))]).toEqual([change, "credential-invalid"]);
  });

  it("is of the authority without the port that goes without saying", async () => {
    const signing = { covered: ['"@method"', '"@target-uri"', '"@authority"'] };
    for (const url of ["https://api.example:8443/", "http://api.example:8080/"])
      identity(await httpSignature().verify(await signed({ ...signing, url })));
    const plain = await signature({ ...signing, url: "https://api.example/" });
    const ctx = asked({ headers: plain });
    Object.defineProperty(ctx.request, "url", { value: "https://API.example:443/" });
    identity(await httpSignature().verify(ctx));
  });

  it("must cover what is asked for", async () => {
    const components = ["@method", "@path", "x-tenant"];
    const headers = { "x-tenant": "tea" };
    const covered = components.map((name) => `"${name}"`);
    const full = await signed({ covered, headers });
    identity(await httpSignature({ components }).verify(full));
    for (const name of covered) {
      const less = signed({ covered: covered.filter((each) => each !== name), headers });
      expect([name, await codeOf(less, { components })]).toEqual([name, "credential-invalid"]);
    }
    expect(await codeOf(signed({ covered: [] }))).toBe("credential-invalid");
  });

  it("may stand beside others, of which one must hold", async () => {
    const [ours, theirs, wrong] = await Promise.all([
      signature({ label: "ours" }),
      signature({ label: "theirs", keyid: "stranger", by: "ec" }),
      signature({ label: "wrong", by: "ec" }),
    ]);
    const beside = (...all: ReadonlyArray<typeof ours>) =>
      asked({
        headers: {
          "signature-input": all.map((each) => each["signature-input"]).join(", "),
          signature: all.map((each) => each.signature).join(", "),
        },
      });
    for (const all of [
      [ours, theirs],
      [theirs, ours],
      [wrong, theirs, ours],
    ])
      identity(await httpSignature().verify(beside(...all)));
    refusal(await httpSignature().verify(beside(theirs, wrong)));
    refusal(await httpSignature().verify(beside(theirs)));
  });

  it("must have the tag that is asked for", async () => {
    const tagged = await signed({ parameters: ';tag="orders"' });
    identity(await httpSignature({ tag: "orders" }).verify(tagged));
    expect(await codeOf(signed({ parameters: ';tag="other"' }), { tag: "orders" })).toBe(
      "credential-invalid",
    );
    expect(await codeOf(signed(), { tag: "orders" })).toBe("credential-invalid");
  });
});

describe("the credential", () => {
  it("is not presented without its fields, which end at the gateway, and grants nothing", async () => {
    const credential = httpSignature();
    expect(await credential.verify(asked({}))).toBeUndefined();
    expect(credential).toMatchObject({ challenge: CHALLENGE, withheld: ["signature", "signature-input"] });
    const demanding = httpSignature({}, surroundings(), { scopes: ["read"] });
    expect(refusal(await demanding.verify(await signed())).code).toBe("insufficient-rights");
  });

  it("lets nobody in while a secret is too short", async () => {
    const weak = httpSignature({ keys: { ...keys, weak: { secret: secret("SHORT") } } });
    expect(refusal(await weak.verify(await signed())).code).toBe("configuration-missing");
    expect(await weak.verify(asked({}))).toBeUndefined();
  });

  it("has options that are checked", () => {
    const faults = (more: object) => options().safeParse({ keys, ...more }).error?.issues.length ?? 0;
    expect(faults({})).toBe(0);
    const { publicKey } = keys.ec as { publicKey: Readonly<Record<string, unknown>> };
    const wrong = [
      { keys: {} },
      { keys: { a: "x" } },
      { keys: { a: {} } },
      { keys: { a: { secret: "x" } } },
      { keys: { a: { publicKey: { kty: "oct", k: "AAAA" } } } },
      { keys: { a: { publicKey: { ...publicKey, d: "AAAA" } } } },
      { keys: { a: { publicKey: { ...publicKey, alg: "ES384" } } } },
      { keys: { a: { publicKey: { ...publicKey, crv: "P-384" } } } },
      { keys: { "\u00e9": { publicKey } } },
      { components: ["@status"] },
      { components: ["Host"] },
      { components: ["@query-param"] },
      { maxAge: "2h" },
      { tolerance: "10m" },
      { tag: "" },
      { digest: "no" },
      { more: 1 },
    ];
    for (const more of wrong) expect([more, faults(more)]).toEqual([more, 1]);
  });

  it("takes an RSA key for RSA-PSS with SHA-512 alone", () => {
    const { publicKey } = keys.rsa as { publicKey: Readonly<Record<string, unknown>> };
    const read = (alg: string) =>
      options().safeParse({ keys: { a: { publicKey: { ...publicKey, alg } } } }).success;
    expect(["PS512", "PS256", "RS256"].map(read)).toEqual([true, false, false]);
  });
});
