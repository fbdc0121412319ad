import type { KeyedContext, RequestContext } from "../../context.ts";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import { isWebSocketUpgrade } from "../../http/websocket.ts";
import { type CrossSite, crossSite, isUnsafe } from "./cross-site.ts";

/** Which pages may use what a browser sends with every request, whoever's page had it made. */
export class SiteRule {
  readonly #trusted: ReadonlySet<string>;

  /** @param trusted web origins beside the gateway's own whose pages may */
  constructor(trusted: readonly string[] = []) {
    this.#trusted = new Set(trusted);
  }

  /** Whether a page that may not has made this request. */
  judge({ scheme, host }: Pick<KeyedContext, "scheme" | "host">, headers: Headers): CrossSite {
    const fields = { secFetchSite: headers.get("sec-fetch-site"), origin: headers.get("origin") };
    return crossSite(fields, `${scheme}://${host}`, this.#trusted);
  }

  /** The refusal of what was not certainly made by a page that may. Only for what {@link mayChange} something. */
  refusal(ctx: RequestContext): Refusal | undefined {
    const verdict = this.judge(ctx, ctx.request.headers);
    if (verdict === "no") return undefined;
    return refuse("cross-site-request", verdict === "unknown" ? { detail: UNKNOWN } : {});
  }
}

/** Whether it matters who made the request. */
export function mayChange({ method, request }: Pick<RequestContext, "method" | "request">): boolean {
  return isUnsafe({ method, websocket: isWebSocketUpgrade(request.headers) });
}

const UNKNOWN = "Neither Origin nor Sec-Fetch-Site was sent.";
