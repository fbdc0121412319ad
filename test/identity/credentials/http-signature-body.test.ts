import { describe, expect, it } from "vitest";
import { BODY, codeOf, httpSignature, posting, signed } from "../signatures/http-signer.ts";
import { base64, digest } from "../signatures/support.ts";
import { identity } from "../support.ts";

describe("a body", () => {
  it("is covered by its digest, and left for whoever reads it next", async () => {
    const ctx = await signed(await posting());
    identity(await httpSignature().verify(ctx));
    expect(await ctx.request.text()).toBe(BODY);
    expect(await codeOf(signed(await posting(), { body: `${BODY} ` }))).toBe("credential-invalid");
  });

  it("must be, unless it is declared otherwise, or empty", async () => {
    const bare = await posting({ covered: ['"@method"', '"@target-uri"'] });
    expect(await codeOf(signed(bare))).toBe("credential-invalid");
    identity(await httpSignature({ digest: false }).verify(await signed(bare)));
    identity(await httpSignature().verify(await signed({ ...bare, body: "" })));
  });

  it.each([
    ["of an algorithm that is not known", "md5=:AAAA:"],
    ["malformed", "sha-256=AAAA"],
    ["a list", 'sha-256=("x")'],
    ["empty", ""],
    ["right in one hash and wrong in the other", "RIGHT, sha-512=:AAAA:"],
  ])("whose digest is %s is refused", async (_, field) => {
    const right = `sha-256=:${base64(await digest(BODY))}:`;
    const headers = { "content-digest": field.replace("RIGHT", right) };
    expect(await codeOf(signed(await posting({ headers })))).toBe("credential-invalid");
  });

  it("may have several digests, and some that are not known", async () => {
    const digests = [
      `sha-512=:${base64(await digest(BODY, "SHA-512"))}:`,
      `sha-256=:${base64(await digest(BODY))}:`,
      "unixsum=:AAAA:",
    ];
    const headers = { "content-digest": digests.join(", ") };
    identity(await httpSignature().verify(await signed(await posting({ headers }))));
  });

  it("is not read beyond what the route takes", async () => {
    expect(await codeOf(signed(await posting({ bodyLimit: 3 })))).toBe("body-too-large");
  });
});
