import { base64url } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { FINGERPRINT, TLS_CLIENT_AUTH } from "../../support/client-certificate.ts";
import {
  context,
  GOOD,
  identity,
  inlineIssuer,
  jwtCredential,
  refusal,
  shown,
  type TestKey,
  testKey,
} from "../support.ts";

let issuer: TestKey;

beforeAll(async () => {
  issuer = await testKey("ES256");
});

const thumbprint = (hex: string) =>
  base64url.encode(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
const bound = (confirmation: unknown = { "x5t#S256": thumbprint(FINGERPRINT) }) =>
  issuer.sign({ ...GOOD, cnf: confirmation });
const over = async (token: Promise<string>, tlsClientAuth: object | undefined) =>
  context({ headers: { authorization: `Bearer ${await token}` }, cf: { tlsClientAuth } });

describe("a token that is bound to a certificate", () => {
  it("is good over a connection with that certificate, known or not", async () => {
    const credential = jwtCredential({ issuers: inlineIssuer([issuer]), proofOfPossession: "certificate" });
    const token = bound();
    for (const _ of ["unknown", "remembered"])
      expect(identity(await credential.verify(await over(token, TLS_CLIENT_AUTH))).subject).toBe("user-1");
    // Remembered, and yet refused over another connection.
    expect(refusal(await credential.verify(await over(token, undefined))).code).toBe("credential-invalid");
    const other = { ...TLS_CLIENT_AUTH, certFingerprintSHA256: "00".repeat(32) };
    const { status, challenge } = await shown(await credential.verify(await over(token, other)));
    expect([status, challenge]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
  });

  it.each<[string, object]>([
    ["unverified", { certVerified: "FAILED:self signed certificate" }],
    ["revoked", { certRevoked: "1" }],
    ["not presented", { certPresented: "0" }],
    ["without a fingerprint", { certFingerprintSHA256: "" }],
  ])("is refused with one that is %s", async (_, more) => {
    const credential = jwtCredential({ issuers: inlineIssuer([issuer]), proofOfPossession: "certificate" });
    const verdict = await credential.verify(await over(bound(), { ...TLS_CLIENT_AUTH, ...more }));
    expect(refusal(verdict).code).toBe("credential-invalid");
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["a DPoP key", { jkt: "x" }],
    ["both", { jkt: "x", "x5t#S256": thumbprint(FINGERPRINT) }],
    ["nonsense", { "x5t#S256": "%" }],
    ["an empty hash", { "x5t#S256": "" }],
    ["a list", { "x5t#S256": [thumbprint(FINGERPRINT)] }],
  ])("is refused where it is bound to %s", async (_, confirmation) => {
    const credential = jwtCredential({ issuers: inlineIssuer([issuer]), proofOfPossession: "certificate" });
    const token = confirmation === undefined ? issuer.sign(GOOD) : bound(confirmation);
    const none = { ...TLS_CLIENT_AUTH, certFingerprintSHA256: "" };
    for (const connection of [TLS_CLIENT_AUTH, none])
      expect(refusal(await credential.verify(await over(token, connection))).code).toBe("credential-invalid");
  });
});
