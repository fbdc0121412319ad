import { describe, expect, it } from "vitest";
import type { HttpSignatureOptions } from "../../../src/identity/credentials/http-signature.ts";
import { CHALLENGE, codeOf, httpSignature, posting, signed } from "../signatures/http-signer.ts";
import { surroundings } from "../signatures/support.ts";
import { identity, refusal, SECONDS, shown } from "../support.ts";

describe("its time", () => {
  it("is from its creation on for five minutes, or what is declared, give or take ten seconds", async () => {
    const at = async (created: number, more: Partial<HttpSignatureOptions> = {}) =>
      httpSignature(more).verify(await signed({ created: SECONDS + created }));
    for (const created of [-309, 0, 10]) identity(await at(created));
    for (const created of [-310, 11]) refusal(await at(created));
    const strict = { maxAge: "30s", tolerance: "0s" };
    for (const created of [-29, 0]) identity(await at(created, strict));
    for (const created of [-30, 1]) refusal(await at(created, strict));
    expect(await shown(await at(-310))).toMatchObject({
      status: 401,
      challenge: CHALLENGE,
      body: { code: "credential-invalid", detail: "The signature is not of this time" },
    });
  });

  it("ends when it says, but never later", async () => {
    const until = async (expires: number, created = 0) =>
      httpSignature({ tolerance: "0s" }).verify(
        await signed({ created: SECONDS + created, parameters: `;expires=${SECONDS + expires}` }),
      );
    identity(await until(1));
    refusal(await until(0));
    refusal(await until(-1));
    refusal(await until(10_000, -300));
  });

  it.each([
    ["no created", { created: null }],
    ["a created with a fraction", { created: SECONDS + 0.5 }],
    ["an expires that is text", { parameters: ';expires="9999999999"' }],
    ["an expires that is true", { parameters: ";expires" }],
  ])("is told: %s is refused", async (_, signing) => {
    expect(await codeOf(signed(signing))).toBe("credential-invalid");
  });
});

describe("a nonce", () => {
  const parameters = ';nonce="0123456789"';

  it("lets a request through once, and what has not been proved uses none", async () => {
    const given = surroundings();
    const credential = httpSignature({ nonce: true }, given);
    refusal(await credential.verify(await signed({ parameters, by: "ec" })));
    refusal(await credential.verify(await signed(await posting({ parameters }), { body: "forged" })));
    identity(await credential.verify(await signed({ parameters })));
    expect(refusal(await credential.verify(await signed({ parameters }))).details.cause).toContain("copy");
    identity(await credential.verify(await signed({ parameters, keyid: "ec" })));
    given.now.advance(309_000);
    refusal(await credential.verify(await signed({ parameters })));
  });

  it.each(["", ';nonce="short"', ";nonce", ";nonce=12345678", `;nonce="${"x".repeat(257)}"`])(
    "is there where it is asked for, and not as %j",
    async (bad) => {
      expect(await codeOf(signed({ parameters: bad }), { nonce: true })).toBe("credential-invalid");
    },
  );

  it("that cannot be looked up lets nobody in", async () => {
    const given = surroundings({ nonces: { use: () => Promise.reject(new Error("no store")) } });
    const verdict = await httpSignature({ nonce: true }, given).verify(await signed({ parameters }));
    expect(refusal(verdict).code).toBe("store-unavailable");
  });
});
