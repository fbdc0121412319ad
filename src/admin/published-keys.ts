import type { SigningKey } from "../upstream/declare.ts";

/** For how long an isolate answers without asking for the keys again, in ms: anybody may ask us. */
const REMEMBERED_MS = 60_000;
/** For how long others may remember them, in seconds. A new key is published long before it signs. */
const MAX_AGE = 300;

/** Answers with the public keys that origins verify identity tokens with. */
export function publishedKeys(key: Pick<SigningKey, "jwks">, now: () => number): () => Promise<Response> {
  let known: { readonly text: string; readonly until: number } | undefined;
  return async () => {
    if (known === undefined || now() >= known.until) {
      known = { text: JSON.stringify(await key.jwks()), until: now() + REMEMBERED_MS };
    }
    const headers = {
      "content-type": "application/jwk-set+json",
      "cache-control": `public, max-age=${MAX_AGE}`,
    };
    return new Response(known.text, { headers });
  };
}
