import * as z from "zod";
import type { KeyedContext } from "../../context.ts";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import { ExpiringCache } from "../../identity/expiring-cache.ts";
import type { Resolved } from "../../policies/policy.ts";
import type { CompiledClient, OAuthClientOptions } from "../oauth/client-options.ts";
import { clientShape, compileClient } from "../oauth/client-schema.ts";
import { subjectToken } from "../oauth/subject-token.ts";
import { tokenRequester } from "../oauth/token-request.ts";
import { type Token, TokenSource } from "../oauth/token-source.ts";
import type { Presenter, PresenterTools, Put } from "../presenter.ts";
import { bearer } from "./bearer.ts";

const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:";
const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
/** Callers whose tokens an isolate remembers. */
const MOST = 5_000;

/**
 * The caller's own bearer token, exchanged for one for this upstream (RFC 8693), in `Authorization`. Only for routes
 * that identify their callers by a bearer token or a login, and whose answers are not cached for others. A token is
 * remembered for its caller until it ends, and no longer than the caller's own.
 */
export interface TokenExchangeOptions extends OAuthClientOptions {
  /** What the caller's token is (RFC 8693 §3). Default `"access_token"`. */
  readonly subjectTokenType?: "access_token" | "jwt";
  /** What is asked for. Default: whatever the authorization server gives. */
  readonly requestedTokenType?: "access_token" | "jwt";
}

interface Compiled extends CompiledClient {
  readonly subjectTokenType: string;
  readonly requestedTokenType?: string | undefined;
}

/** Schema of {@link TokenExchangeOptions}. Build only. */
export function options(): z.ZodType<Compiled, TokenExchangeOptions> {
  const type = z.enum(["access_token", "jwt"]);
  return z
    .strictObject({
      ...clientShape(),
      subjectTokenType: type.default("access_token"),
      requestedTokenType: type.optional(),
    })
    .transform(compileClient) as z.ZodType<Compiled, TokenExchangeOptions>;
}

export function create(options: Resolved<Compiled>, tools: PresenterTools): Presenter {
  const { now, random } = tools.deps;
  const request = tokenRequester(options, tools);
  const { subjectTokenType, requestedTokenType } = options;
  const sources = new ExpiringCache<TokenSource>(MOST);
  const origins = new WeakMap<Put, readonly [source: TokenSource, token: Token]>();
  const parameters = {
    subject_token_type: TOKEN_TYPE + subjectTokenType,
    ...(requestedTokenType !== undefined && { requested_token_type: TOKEN_TYPE + requestedTokenType }),
  };
  const sourceOf = (ctx: KeyedContext): TokenSource => {
    const subject = subjectToken(ctx);
    if (subject === undefined) throw new RefusalError(notExchangeable());
    const expiresAt = ctx.identity?.expiresAt ?? Number.POSITIVE_INFINITY;
    const known = sources.get(subject, now());
    if (known !== undefined) return known;
    const source = new TokenSource({
      now,
      random: () => (random(new Uint8Array(1))[0] ?? 0) / 256,
      async obtain(ctx, signal) {
        const grant = await request(GRANT, { ...parameters, subject_token: subject }, ctx, signal);
        return { ...grant, lifetime: Math.min(grant.lifetime, expiresAt - now()) };
      },
    });
    sources.set(subject, source, expiresAt);
    return source;
  };
  return {
    fields: ["authorization"],
    answersFor401: true,
    async ready(ctx) {
      const source = sourceOf(ctx);
      const token = await source.get(ctx);
      const put = bearer(token.value);
      origins.set(put, [source, token]);
      return put;
    },
    async renew(put, ctx) {
      const [source, token] = origins.get(put) ?? [];
      return source !== undefined && token !== undefined && source.renew(token, ctx);
    },
  };
}

function notExchangeable() {
  return refuse("insufficient-rights", {
    detail: "This takes a bearer token of the caller.",
    cause: "the caller was not identified by a bearer token that could be exchanged for one of the upstream",
  });
}
