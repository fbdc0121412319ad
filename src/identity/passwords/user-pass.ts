/** What an `Authorization` field presents to the Basic scheme. */
export type UserPass = { readonly name: string; readonly password: string } | { readonly fault: string };

/** Longer ones are not looked at: nobody's name and password need a kilobyte. */
const MAX_CHARACTERS = 1_024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Takes user and password from the value of `Authorization` (RFC 7617 §2): one field, one scheme, `name:password` in
 * UTF-8 and base64. The name is composed (NFC), as the manifest's names are.
 * @returns undefined where the caller presents nothing of the Basic scheme
 */
export function readUserPass(authorization: string): UserPass | undefined {
  // The platform joins repeated fields with a comma, so a second one is seen as a list.
  if (!/(?:^|,)\s*basic(?:[\s,]|$)/i.test(authorization)) return undefined;
  if (authorization.length > MAX_CHARACTERS) return { fault: "the field is too long" };
  const encoded = /^basic +([A-Za-z0-9+/]*={0,2})$/i.exec(authorization)?.[1];
  if (encoded === undefined) return { fault: "the field is not one Basic credential" };
  const pair = decode(encoded);
  if (pair === undefined) return { fault: "it is not UTF-8 in base64" };
  const colon = pair.indexOf(":");
  if (colon === -1) return { fault: "there is no colon between name and password" };
  // RFC 7617 §2: neither may hold control characters.
  if (/\p{Cc}/u.test(pair)) return { fault: "it holds control characters" };
  return { name: pair.slice(0, colon).normalize("NFC"), password: pair.slice(colon + 1) };
}

function decode(encoded: string): string | undefined {
  try {
    return utf8.decode(Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
