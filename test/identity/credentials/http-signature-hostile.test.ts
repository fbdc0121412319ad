import { describe, expect, it } from "vitest";
import { codeOf, httpSignature, signature, signed, signs } from "../signatures/http-signer.ts";
import { asked } from "../signatures/support.ts";
import { identity, refusal } from "../support.ts";

describe("hostile fields", () => {
  const good = () => signature({});
  it.each([
    ["a signature alone", async () => ({ signature: (await good()).signature })],
    ["an input alone", async () => ({ "signature-input": (await good())["signature-input"] })],
    ["another label", async () => ({ ...(await good()), signature: "sig2=:AAAA:" })],
    ["a signature that is text", async () => ({ ...(await good()), signature: 'sig1="AAAA"' })],
    ["a signature that is a list", async () => ({ ...(await good()), signature: "sig1=(:AAAA:)" })],
    ["an empty signature", async () => ({ ...(await good()), signature: "sig1=::" })],
    ["a short signature", async () => ({ ...(await good()), signature: "sig1=:AAAA:" })],
    ["an input that is no list", async () => ({ ...(await good()), "signature-input": "sig1=1" })],
    ["rubbish", async () => ({ "signature-input": '"', signature: "(" })],
    [
      "one label twice",
      async () => ({ ...(await good()), signature: `${(await good()).signature}, sig1=:AAAA:` }),
    ],
    [
      "nine signatures",
      async () => ({
        ...(await good()),
        "signature-input": Array.from({ length: 9 }, (_, at) => `s${at}=();keyid="ed"`).join(", "),
      }),
    ],
    [
      "a very long input",
      async () => ({ ...(await good()), "signature-input": `sig1=(${'"a" '.repeat(5_000)})` }),
    ],
    ["an older draft's signature", async () => ({ signature: 'keyId="ed",signature="AAAA"' })],
  ])("with %s are refused", async (_, make) => {
    const headers = await make();
    expect(refusal(await httpSignature().verify(asked({ headers }))).code).toBe("credential-invalid");
  });

  it.each([
    ["the same component twice", { covered: ['"@method"', '"@target-uri"', '"@method"'] }],
    ["a component of an unknown kind", { covered: ['"@method"', '"@target-uri"', '"@status"'] }],
    ["a component in capitals", { covered: ['"@method"', '"@target-uri"', '"Host"'] }],
    ["a component that is a token", { covered: ['"@method"', '"@target-uri"', "host"] }],
    ["a header that is not there", { covered: ['"@method"', '"@target-uri"', '"x-none"'] }],
    ["a parameter that changes what is meant", { covered: ['"@method";req', '"@target-uri"'] }],
    ["a query parameter without a name", { covered: ['"@method"', '"@target-uri"', '"@query-param"'] }],
    [
      "a query parameter that is not there",
      { covered: ['"@method"', '"@target-uri"', '"@query-param";name="a"'] },
    ],
    [
      "a query parameter that comes twice",
      {
        url: "https://api.example/?a=1&a=1",
        covered: ['"@method"', '"@target-uri"', '"@query-param";name="a"'],
      },
    ],
    ["another algorithm than the key's", { parameters: ';alg="hmac-sha256"' }],
    ["an algorithm that is no text", { parameters: ";alg=ed25519" }],
    ["no key", { keyid: "" }],
    ["what objects have for a key", { keyid: "constructor", by: "ed" }],
    ["the public key as a secret", { keyid: "shared", by: "ed" }],
  ])("that cover %s are refused", async (_, signing) => {
    const known = "keyid" in signing && signs[signing.keyid] === undefined ? { by: "ed" } : {};
    expect(await codeOf(signed({ ...signing, ...known }))).toBe("credential-invalid");
  });

  it("may name the key's own algorithm", async () => {
    const names = { ed: "ed25519", ec: "ecdsa-p256-sha256", rsa: "rsa-pss-sha512", shared: "hmac-sha256" };
    for (const [keyid, alg] of Object.entries(names))
      identity(await httpSignature().verify(await signed({ keyid, parameters: `;alg="${alg}"` })));
  });
});
