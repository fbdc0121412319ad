import { type Refusal, refuse } from "../../errors/refusal.ts";
import { SiteRule } from "../cross-site/site-rule.ts";
import type { Seal } from "./seal.ts";

/** Where scripts repeat the token of the `~csrf` cookie. */
const TOKEN_FIELD = "x-csrf-token";
const TOKEN = "oidc csrf";

/** Keeps other sites from using sessions through their users' browsers. */
export class SiteGuard {
  readonly #seal: Seal;
  readonly #rule: SiteRule;

  /** @param trusted web origins beside the gateway's own whose pages may use sessions */
  constructor(seal: Seal, trusted: readonly string[]) {
    this.#seal = seal;
    this.#rule = new SiteRule(trusted);
  }

  /** What a request of this session may repeat to prove that its sender can read the session's cookies. */
  async token(session: string): Promise<string> {
    const [newest = ""] = await this.#seal.tokens(session, TOKEN);
    return newest;
  }

  /** The refusal of a request that another site may have had the browser make. */
  async judge(
    session: string,
    place: { readonly scheme: string; readonly host: string },
    headers: Headers,
  ): Promise<Refusal | undefined> {
    const verdict = this.#rule.judge(place, headers);
    if (verdict === "no") return undefined;
    if (verdict === "yes") return refuse("cross-site-request");
    const given = new TextEncoder().encode(headers.get(TOKEN_FIELD) ?? "");
    const tokens = await this.#seal.tokens(session, TOKEN);
    const holds = tokens.some((token) => {
      const expected = new TextEncoder().encode(token);
      return expected.byteLength === given.byteLength && crypto.subtle.timingSafeEqual(expected, given);
    });
    return holds ? undefined : refuse("cross-site-request", { detail: HOW });
  }
}

const HOW = `Neither Origin nor Sec-Fetch-Site was sent: repeat the value of the ~csrf cookie in ${TOKEN_FIELD}.`;
