import { secret } from "../../../src/env.ts";
import {
  create,
  type HttpSignatureKey,
  type HttpSignatureOptions,
  options,
} from "../../../src/identity/credentials/http-signature.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import { refusal, SECONDS } from "../support.ts";
import { type Asked, asked, base64, digest, mac, surroundings, withSecrets } from "./support.ts";

const SHARED = "a secret that caller and gateway share";
const VALUES = { SHARED, SHORT: "short" };

type Sign = (base: Uint8Array) => Promise<Uint8Array>;
/** Signers, and what the gateway knows of them, by `keyid`. */
export const signs: Record<string, Sign> = {};
export const keys: Record<string, HttpSignatureKey> = {};

const pairs = {
  ed: ["Ed25519", "Ed25519"],
  ec: [
    { name: "ECDSA", namedCurve: "P-256" },
    { name: "ECDSA", hash: "SHA-256" },
  ],
  rsa: [
    { name: "RSA-PSS", hash: "SHA-512", modulusLength: 2_048, publicExponent: new Uint8Array([1, 0, 1]) },
    { name: "RSA-PSS", saltLength: 64 },
  ],
} as const;
for (const [id, [generate, sign]] of Object.entries(pairs)) {
  const pair = (await crypto.subtle.generateKey(generate as never, true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const { kty, crv, n, e, x, y } = (await crypto.subtle.exportKey("jwk", pair.publicKey)) as JsonWebKey;
  const jwk = Object.fromEntries(
    Object.entries({ kty, crv, n, e, x, y }).filter(([, value]) => value !== undefined),
  );
  keys[id] = { publicKey: jwk };
  signs[id] = async (base) => new Uint8Array(await crypto.subtle.sign(sign as never, pair.privateKey, base));
}
keys.shared = { secret: secret("SHARED") };
signs.shared = (base) => mac(SHARED, base);

/** A credential as a route gets it. */
export function httpSignature(
  more: Partial<HttpSignatureOptions> = {},
  given = surroundings(),
  requirements: Requirements = {},
) {
  const compiled = withSecrets(options().parse({ keys, ...more }), VALUES);
  return create(compiled as unknown as Parameters<typeof create>[0], requirements, given);
}

/** A request, and how it is signed. */
export interface Signing extends Asked {
  readonly keyid?: string;
  /** Whose key really signs. */
  readonly by?: string;
  /** Component identifiers, as they are written. */
  readonly covered?: readonly string[];
  /** Further parameters, as they are written. */
  readonly parameters?: string;
  readonly created?: number | null;
  readonly label?: string;
}

/** The fields that a signer adds, with values of components made from the request as the RFC describes. */
export async function signature({
  keyid = "ed",
  by = keyid,
  created = SECONDS,
  label = "sig1",
  ...rest
}: Signing) {
  const { method = "GET", url = "https://api.example/", headers = {}, parameters = "" } = rest;
  const { covered = ['"@method"', '"@target-uri"'] } = rest;
  const { host, pathname, search, protocol } = new URL(url);
  const values: Readonly<Record<string, string>> = {
    '"@method"': method,
    '"@target-uri"': url,
    '"@authority"': host,
    '"@scheme"': protocol.slice(0, -1),
    '"@request-target"': pathname + search,
    '"@path"': pathname,
    '"@query"': search || "?",
    '"@query-param";name="a"': "1",
    '"@query-param";name="b%20c"': "x%20y%7E%21",
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [`"${name}"`, value])),
  };
  const time = created === null ? "" : `;created=${created}`;
  const list = `(${covered.join(" ")})${time};keyid="${keyid}"${parameters}`;
  const lines = covered.map((component) => `${component}: ${values[component] ?? ""}`);
  const base = [...lines, `"@signature-params": ${list}`].join("\n");
  const bytes = await signs[by]!(new TextEncoder().encode(base));
  return { "signature-input": `${label}=${list}`, signature: `${label}=:${base64(bytes)}:` };
}

/** A request with its signature. @param changed what becomes of it after it was signed */
export async function signed(signing: Signing = {}, changed: Asked = {}) {
  const fields = await signature(signing);
  return asked({ ...signing, ...changed, headers: { ...fields, ...signing.headers, ...changed.headers } });
}

export const BODY = '{"tea":1}';

/** A request whose body is covered by its digest. */
export async function posting(more: Partial<Signing> = {}): Promise<Signing> {
  const headers = { "content-digest": `sha-256=:${base64(await digest(BODY))}:` };
  const covered = ['"@method"', '"@target-uri"', '"content-digest"'];
  return { method: "POST", url: "https://api.example/orders?a=1", body: BODY, headers, covered, ...more };
}

/** What a credential of the default options asks for. */
export const CHALLENGE = 'Signature realm="api", components="@method @target-uri"';

/** The code that a request is refused with. */
export const codeOf = async (ctx: Promise<Parameters<ReturnType<typeof create>["verify"]>[0]>, more = {}) =>
  refusal(await httpSignature(more).verify(await ctx)).code;
