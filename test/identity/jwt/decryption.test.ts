import {
  CompactEncrypt,
  type CompactJWEHeaderParameters,
  exportJWK,
  generateKeyPair,
  generateSecret,
  type JWK,
} from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { env, secret } from "../../../src/env.ts";
import { options } from "../../../src/identity/credentials/jwt.ts";
import { createDecryption } from "../../../src/identity/jwt/decryption.ts";
import {
  bearing,
  GOOD,
  identity,
  inlineIssuer,
  jwtCredential,
  refusal,
  shown,
  type TestKey,
  testKey,
} from "../support.ts";

interface Recipient {
  readonly jwk: JWK;
  readonly key: CryptoKey | Uint8Array;
}

let signer: TestKey;
let inner: string;
const recipients = new Map<string, Recipient>();

async function pair(alg: string, options = {}): Promise<Recipient> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, ...options });
  return { jwk: { ...(await exportJWK(privateKey)), use: "enc", kid: alg }, key: publicKey };
}

async function shared(enc: string): Promise<Recipient> {
  const key = (await generateSecret(enc, { extractable: true })) as CryptoKey;
  return { jwk: { ...(await exportJWK(key)), alg: "dir", kid: enc }, key };
}

beforeAll(async () => {
  signer = await testKey("ES256");
  inner = await signer.sign(GOOD);
  recipients.set("RSA-OAEP-256", await pair("RSA-OAEP-256"));
  recipients.set("ECDH-ES", await pair("ECDH-ES"));
  recipients.set("ECDH-ES X25519", await pair("ECDH-ES", { crv: "X25519" }));
  recipients.set("A128GCM", await shared("A128GCM"));
  recipients.set("A256GCM", await shared("A256GCM"));
});

const of = (name: string) => recipients.get(name)!;
const encrypt = (
  to: Recipient["key"],
  header: CompactJWEHeaderParameters,
  plaintext: string | Uint8Array = inner,
) =>
  new CompactEncrypt(typeof plaintext === "string" ? new TextEncoder().encode(plaintext) : plaintext)
    .setProtectedHeader({ cty: "JWT", ...header })
    .encrypt(to);
const credential = (...keys: readonly Recipient[]) =>
  jwtCredential({
    issuers: inlineIssuer([signer]),
    decryptionKeys: keys.map(({ jwk }) => secret(JSON.stringify(jwk))),
  });

describe("an encrypted token", () => {
  it.each([
    ["RSA-OAEP-256", "RSA-OAEP-256", "A128GCM"],
    ["RSA-OAEP-256", "RSA-OAEP-256", "A256GCM"],
    ["ECDH-ES", "ECDH-ES", "A128GCM"],
    ["ECDH-ES X25519", "ECDH-ES", "A256GCM"],
    ["A128GCM", "dir", "A128GCM"],
    ["A256GCM", "dir", "A256GCM"],
  ])("for a key of %s by %s with %s is opened, and remembered", async (name, alg, enc) => {
    const { key } = of(name);
    const opened = credential(of(name));
    const token = await encrypt(key, { alg, enc });
    const who = identity(await opened.verify(bearing(token)));
    expect(who.subject).toBe("user-1");
    expect(opened.verify(bearing(token))).toBe(who);
    // A plain one is as good as ever: what proves it is the signature.
    expect(identity(await opened.verify(bearing(inner))).subject).toBe("user-1");
  });

  it("is for the key that it names, and for any that fits where it names none", async () => {
    const other = await pair("ECDH-ES");
    const both = credential({ ...other, jwk: { ...other.jwk, kid: "other" } }, of("ECDH-ES"));
    const header = { alg: "ECDH-ES", enc: "A128GCM" };
    for (const kid of ["ECDH-ES", undefined]) {
      const named = kid === undefined ? header : { ...header, kid };
      expect(identity(await both.verify(bearing(await encrypt(of("ECDH-ES").key, named)))).subject).toBe(
        "user-1",
      );
    }
    const wrong = await encrypt(of("ECDH-ES").key, { ...header, kid: "other" });
    expect(refusal(await both.verify(bearing(wrong))).code).toBe("credential-invalid");
  });

  const hostile: Record<string, () => Promise<string>> = {
    "of an algorithm that is no key's": () =>
      encrypt(of("A256GCM").key, { alg: "A256GCMKW", enc: "A256GCM" }),
    "of a content encryption that is not allowed": async () =>
      encrypt((await generateSecret("A128CBC-HS256")) as Uint8Array, { alg: "dir", enc: "A128CBC-HS256" }),
    "for somebody else": async () => encrypt((await pair("ECDH-ES")).key, { alg: "ECDH-ES", enc: "A128GCM" }),
    "that holds an unsigned text": () =>
      encrypt(of("ECDH-ES").key, { alg: "ECDH-ES", enc: "A128GCM" }, JSON.stringify(GOOD)),
    "that does not say that it holds a token": () =>
      encrypt(of("ECDH-ES").key, { alg: "ECDH-ES", enc: "A128GCM", cty: "json" }),
    "that holds an encrypted one": async () =>
      encrypt(
        of("ECDH-ES").key,
        { alg: "ECDH-ES", enc: "A128GCM" },
        await encrypt(of("ECDH-ES").key, { alg: "ECDH-ES", enc: "A128GCM" }),
      ),
    "that holds another's token": async () =>
      encrypt(
        of("ECDH-ES").key,
        { alg: "ECDH-ES", enc: "A128GCM" },
        await (await testKey("ES256")).sign(GOOD),
      ),
    "that is compressed": async () => {
      const [, ...rest] = (await encrypt(of("ECDH-ES").key, { alg: "ECDH-ES", enc: "A128GCM" })).split(".");
      const header = { alg: "ECDH-ES", enc: "A128GCM", zip: "DEF", cty: "JWT" };
      return [btoa(JSON.stringify(header)).replaceAll("=", ""), ...rest].join(".");
    },
    "that was changed": async () =>
      (await encrypt(of("ECDH-ES").key, { alg: "ECDH-ES", enc: "A128GCM" })).replace(/.{4}$/, "AAAA"),
    "that is not UTF-8": () =>
      encrypt(of("ECDH-ES").key, { alg: "ECDH-ES", enc: "A128GCM" }, new Uint8Array([255, 254])),
    "of five empty parts": async () => "a....",
    "of six parts": async () => "a.b.c.d.e.f",
  };

  it.each(Object.keys(hostile))("%s is refused like every other", async (name) => {
    const all = credential(of("ECDH-ES"), of("RSA-OAEP-256"), of("A256GCM"));
    const { status, body } = await shown(await all.verify(bearing(await hostile[name]!())));
    expect([status, body]).toMatchObject([401, { detail: "The token was not accepted" }]);
  });

  it("is refused where no keys are declared", async () => {
    const token = await encrypt(of("ECDH-ES").key, { alg: "ECDH-ES", enc: "A128GCM" });
    const plain = jwtCredential({ issuers: inlineIssuer([signer]) });
    expect(refusal(await plain.verify(bearing(token))).code).toBe("credential-invalid");
  });
});

describe("a decryption key", () => {
  it("that is none is told to the operator, and opens nothing", async () => {
    const rsa = of("RSA-OAEP-256").jwk;
    const bad = [
      "",
      "hunter2",
      JSON.stringify({ kty: rsa.kty, n: rsa.n, e: rsa.e }),
      JSON.stringify({ ...rsa, alg: "RSA1_5" }),
      JSON.stringify({ ...rsa, use: "sig" }),
      JSON.stringify({ kty: "none" }),
    ];
    const header = { alg: "RSA-OAEP-256", enc: "A128GCM" };
    const token = await encrypt(of("RSA-OAEP-256").key, header);
    for (const jwk of bad)
      expect(refusal(await createDecryption([jwk])(token)).code, jwk).toBe("configuration-missing");
  });

  it("never stands in the manifest", () => {
    for (const decryptionKeys of ["{}", env("KEY"), [secret("A"), "b"]]) {
      const parsed = options().safeParse({ issuers: inlineIssuer([signer]), decryptionKeys } as never);
      expect(parsed.error?.issues[0]?.message).toContain("must be secret(");
    }
  });
});
