import { compactDecrypt, importJWK, type JWK } from "jose";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import { decodeJsonObject } from "./json-object.ts";

/** What an encrypted token holds, or why it is refused. */
export type Decrypted = { readonly token: string } | { readonly fault: string } | Refusal;

/** Opens an encrypted token. Never rejects. */
export type Decrypt = (token: string) => Promise<Decrypted>;

/** Key management by key type: one key serves one algorithm (RFC 8725 §3.1). Never RSA1_5, never a password. */
const MANAGEMENT: Readonly<Record<string, string>> = {
  oct: "dir",
  RSA: "RSA-OAEP-256",
  EC: "ECDH-ES",
  OKP: "ECDH-ES",
};
const CONTENT = ["A128GCM", "A256GCM"];
/** Parameters that change what is decrypted, or bring a key along; compressed content can be a bomb (RFC 8725 §3.6). */
const REFUSED = ["crit", "zip", "jwk", "jku", "x5c", "x5u"] as const;

interface DecryptionKey {
  readonly kid: string | undefined;
  readonly algorithm: string;
  readonly key: CryptoKey | Uint8Array;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Makes what opens tokens encrypted to any of the keys (RFC 7516 §5.2, RFC 7519 §5.2).
 * @param secrets JWKs as JSON. They come with the deployment, so a bad one shows only here: it opens nothing.
 */
export function createDecryption(secrets: readonly string[]): Decrypt {
  let known: readonly DecryptionKey[] | undefined;
  return async (token) => {
    try {
      known ??= await Promise.all(secrets.map(readKey));
    } catch {
      return refuse("configuration-missing", {
        cause: "a decryption key of a jwt credential is not set or no JWK that can be used",
      });
    }
    return decrypt(token, known);
  };
}

async function readKey(secret: string | undefined): Promise<DecryptionKey> {
  const jwk = JSON.parse(secret ?? "") as JWK;
  const algorithm = MANAGEMENT[jwk.kty ?? ""];
  if (algorithm === undefined || (jwk.alg ?? algorithm) !== algorithm) throw new Error("no such algorithm");
  if (jwk.use !== undefined && jwk.use !== "enc") throw new Error("a key for signatures");
  if (jwk.d === undefined && jwk.k === undefined) throw new Error("a public key");
  return { kid: jwk.kid, algorithm, key: await importJWK(jwk, algorithm) };
}

async function decrypt(token: string, keys: readonly DecryptionKey[]): Promise<Decrypted> {
  const header = decodeJsonObject(token.split(".", 1)[0] ?? "");
  if (header === undefined) return { fault: "the header of the encrypted token is malformed" };
  for (const name of REFUSED)
    if (Object.hasOwn(header, name)) return { fault: `the header of the encrypted token has "${name}"` };
  const { alg, enc, kid, cty } = header;
  if (!CONTENT.some((one) => one === enc)) return { fault: "the content encryption is not allowed" };
  if (typeof cty !== "string" || !/^(?:application\/)?jwt$/i.test(cty))
    return { fault: "the encrypted token does not say that it holds a signed one" };
  const fitting = keys.filter(
    (key) => key.algorithm === alg && (kid === undefined || key.kid === undefined || key.kid === kid),
  );
  if (fitting.length === 0) return { fault: "no key is for the encrypted token" };
  for (const { algorithm, key } of fitting) {
    try {
      const { plaintext } = await compactDecrypt(token, key, {
        keyManagementAlgorithms: [algorithm],
        contentEncryptionAlgorithms: CONTENT,
      });
      return { token: utf8.decode(plaintext) };
    } catch {
      // Another key may be the one: during a rotation both are there.
    }
  }
  return { fault: "the token cannot be decrypted" };
}
