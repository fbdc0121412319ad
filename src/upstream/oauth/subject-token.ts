import type { KeyedContext } from "../../context.ts";

const BEARER = /^bearer ([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * The caller's own token: the one that proved who calls, and no other that happens to be there. Undefined where the
 * caller was proved by something else, or on the shared half of a cached route.
 */
export function subjectToken({ identity, headers, toOrigin }: KeyedContext): string | undefined {
  if (identity === undefined) return undefined;
  // What a login has for the origin is the gateway's own word.
  const given = toOrigin?.findLast(([name]) => name === "authorization")?.[1];
  if (given !== undefined) return BEARER.exec(given)?.[1];
  const token = BEARER.exec(headers.get("authorization") ?? "")?.[1];
  if (token === undefined) return undefined;
  // An opaque token that proves somebody can have come in no other place.
  if (identity.credential === "introspection") return token;
  if (identity.credential !== "jwt") return undefined;
  const claims = claimsOf(token);
  const { iss, sub, client_id: client, azp } = claims ?? {};
  // The credential may have found its token elsewhere, such as in a cookie: then this one has proved nothing.
  return iss === identity.issuer && [sub, client, azp].includes(identity.subject) ? token : undefined;
}

/** Unverified: they are compared with what has been verified. */
function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, payload = "", signature] = token.split(".");
  if (signature === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
