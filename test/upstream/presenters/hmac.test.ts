import { describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import type { Outbound } from "../../../src/upstream/presenter.ts";
import { create, options } from "../../../src/upstream/presenters/hmac.ts";
import { faults, NOW, presented, refusalOf, toolsOf } from "../support.ts";

const SECRET = "sixteen bytes or more";
const SECONDS = String(NOW / 1_000);

/** The declared signature as the Worker makes it. */
function presenter(declared: Readonly<Record<string, unknown>>, given = SECRET) {
  const compiled = options().parse({ secret: secret("S"), ...declared } as never);
  return create({ ...compiled, secret: given } as never, toolsOf().tools);
}

async function signatureOf(message: string, hash = "SHA-256"): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", encoder.encode(SECRET), { name: "HMAC", hash }, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(message)));
}

const asHex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const asBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

const POST: Partial<Outbound> = {
  method: "POST",
  url: "https://api.example/a%20b?c=1&d",
  body: '{"tea":"é"}',
};

describe("an HMAC signature", () => {
  it("is of what is declared: GitHub's form", async () => {
    const github = presenter({ message: "{body}", fields: { "X-Hub-Signature-256": "sha256={signature}" } });
    const { headers } = await presented(github, POST);
    expect(headers.get("x-hub-signature-256")).toBe(`sha256=${asHex(await signatureOf('{"tea":"é"}'))}`);
    expect(github).toMatchObject({ fields: ["x-hub-signature-256"], answersFor401: false });
  });

  it("is of what is declared: Stripe's form", async () => {
    const stripe = presenter({
      message: "{timestamp}.{body}",
      fields: { "stripe-signature": "t={timestamp},v1={signature}" },
    });
    const expected = asHex(await signatureOf(`${SECONDS}.{"tea":"é"}`));
    expect((await presented(stripe, POST)).headers.get("stripe-signature")).toBe(
      `t=${SECONDS},v1=${expected}`,
    );
  });

  it("is of everything that leaves, as it leaves", async () => {
    const all = presenter({
      message: "{method}\n{host}\n{path}\n{query}\n{timestamp}\n{nonce}\n{digest}",
      fields: {
        "x-nonce": "{nonce}",
        "x-digest": "{digest}",
        "x-time": "{timestamp}",
        "x-signature": "{signature}",
      },
      algorithm: "sha512",
      encoding: "base64",
    });
    const { headers } = await presented(all, POST);
    const body = new TextEncoder().encode('{"tea":"é"}');
    const digest = asBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
    const nonce = headers.get("x-nonce")!;
    const message = ["POST", "api.example", "/a%20b", "?c=1&d", SECONDS, nonce, digest].join("\n");
    expect(headers.get("x-signature")).toBe(asBase64(await signatureOf(message, "SHA-512")));
    expect([headers.get("x-digest"), headers.get("x-time")]).toEqual([digest, SECONDS]);
    expect((await presented(all, POST)).headers.get("x-nonce")).not.toBe(nonce);
  });

  it("reads a streaming body within its bound, and where it signs it only", async () => {
    const fields = { "x-signature": "{signature}" };
    const body = () => new Response("tea").body!;
    const signs = presenter({ message: "{body}", fields });
    const outbound = await presented(signs, { ...POST, body: body() });
    expect(outbound.headers.get("x-signature")).toBe(asHex(await signatureOf("tea")));
    expect(outbound.body).toEqual(new TextEncoder().encode("tea"));
    const stream = body();
    expect((await presented(presenter({ message: "{path}", fields }), { ...POST, body: stream })).body).toBe(
      stream,
    );
    const tight = presenter({ message: "{digest}", fields, maxBody: "2B" });
    expect((await refusalOf(() => presented(tight, { ...POST, body: body() }))).code).toBe("body-too-large");
  });

  it("of a short secret is none", async () => {
    const fields = { "x-signature": "{signature}" };
    const weak = () => presenter({ message: "{path}", fields }, "short");
    expect(await refusalOf(weak)).toEqual({
      code: "configuration-missing",
      cause: "hmac: the secret is shorter than 16 bytes",
    });
  });

  it("is declared of parts that are known", () => {
    const judge = (more: object) =>
      faults(options(), {
        secret: secret("S"),
        message: "{path}",
        fields: { "x-s": "{signature}" },
        ...more,
      });
    expect(judge({})).toEqual([]);
    expect(judge({ message: "{Path}" })[0]).toMatch(/^message: \{Path\} is not known here: \{method\}, /);
    expect(judge({ fields: { "x-s": "{body} {signature}" } })[0]).toMatch(
      /^fields\.x-s: \{body\} is not known here/,
    );
    expect(judge({ fields: { "x-s": "signature" } })).toEqual(["fields: have no {signature} in any of them"]);
    expect(judge({ fields: { "x-s": "{signature}\n" } })).toHaveLength(1);
    expect(judge({ message: "" })).toHaveLength(1);
    expect(judge({ secret: "plain" })).toHaveLength(1);
  });
});
