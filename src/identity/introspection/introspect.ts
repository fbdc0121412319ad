import type { RequestContext } from "../../context.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { boundedText } from "../keys/bounded-text.ts";
import { within } from "../keys/within.ts";

/** Where tokens are asked about, and who asks. */
export interface IntrospectionEndpoint {
  readonly upstream: Upstream;
  readonly path: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Answers are a token's claims. */
const MAX_BYTES = 64 * 1024;
/** One question, from the call to the last byte. */
export const QUESTION_MS = 3_000;

/**
 * Asks an authorization server about a token (RFC 7662 §2.1). @returns its answer, as it is
 * @throws where there is none in time, or it is no JSON
 */
export function introspect(
  token: string,
  { upstream, path, clientId, clientSecret }: IntrospectionEndpoint,
  ctx: RequestContext,
): Promise<unknown> {
  return within(QUESTION_MS, async (signal) => {
    const controller = new AbortController();
    signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
    const headers = new Headers({
      accept: "application/json",
      authorization: `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}`,
      "content-type": "application/x-www-form-urlencoded",
    });
    const body = new URLSearchParams({ token, token_type_hint: "access_token" }).toString();
    const request = { method: "POST", path, search: "", headers, body, controller };
    return JSON.parse(
      await boundedText(await upstream.send(request, ctx.systemContext()), MAX_BYTES),
    ) as unknown;
  });
}

/** RFC 6749 §2.3.1 and appendix B. */
function formEncoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
