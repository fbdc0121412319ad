import { boundedText } from "./bounded-text.ts";
import { isSecureAddress } from "./secure-address.ts";

/** Metadata are a few KB. */
const MAX_BYTES = 64 * 1024;

/** Where an issuer's metadata are, by the document that has them. */
export type MetadataKind = "openid-configuration" | "oauth-authorization-server";

/**
 * Address of an issuer's metadata. OpenID Connect Discovery 1.0 §4 puts its name behind the issuer's path, RFC 8414 §3.1
 * before it.
 */
export function metadataAddress(issuer: string, kind: MetadataKind): string {
  const bare = issuer.replace(/\/$/, "");
  if (kind === "openid-configuration") return `${bare}/.well-known/${kind}`;
  const { origin } = new URL(issuer);
  return `${origin}/.well-known/${kind}${bare.slice(origin.length)}`;
}

/**
 * Where an issuer says that its keys are (RFC 8414 §3.2).
 * @param metadata the answer from {@link metadataAddress}
 * @throws when the document is not that issuer's own (§3.3), or names no place that keys may be fetched from
 */
export async function keySetAddress(metadata: Response, issuer: string): Promise<string> {
  const document: unknown = JSON.parse(await boundedText(metadata, MAX_BYTES));
  const { issuer: named, jwks_uri: address } = (document ?? {}) as Readonly<Record<string, unknown>>;
  if (named !== issuer) throw new Error("the metadata are of another issuer");
  if (typeof address !== "string" || !isSecureAddress(address, issuer))
    throw new Error("the metadata name no https address of keys");
  return address;
}
