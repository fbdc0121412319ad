import * as z from "zod";
import type { Resolved } from "../../policies/policy.ts";
import type { CompiledClient, OAuthClientOptions } from "../oauth/client-options.ts";
import { clientShape, compileClient } from "../oauth/client-schema.ts";
import { tokenRequester } from "../oauth/token-request.ts";
import { type Token, TokenSource } from "../oauth/token-source.ts";
import type { Presenter, PresenterTools, Put } from "../presenter.ts";
import { bearer } from "./bearer.ts";

/** A token of the gateway's own, by OAuth 2 client credentials (RFC 6749 §4.4), in `Authorization`. */
export interface ClientCredentialsOptions extends OAuthClientOptions {}

/** Schema of {@link ClientCredentialsOptions}. Build only. */
export function options(): z.ZodType<CompiledClient, ClientCredentialsOptions> {
  return z.strictObject(clientShape()).transform(compileClient) as z.ZodType<
    CompiledClient,
    ClientCredentialsOptions
  >;
}

export function create(options: Resolved<CompiledClient>, tools: PresenterTools): Presenter {
  const request = tokenRequester(options, tools);
  return bearingTokens(
    new TokenSource({
      now: tools.deps.now,
      random: () => (tools.deps.random(new Uint8Array(1))[0] ?? 0) / 256,
      obtain: (ctx, signal) => request("client_credentials", {}, ctx, signal),
    }),
  );
}

/** Puts the token of a source on every request, and renews one that the origin refuses. */
export function bearingTokens(source: TokenSource): Presenter {
  /** What each token is put on with, made once. */
  const puts = new WeakMap<Token, Put>();
  const tokens = new WeakMap<Put, Token>();
  const putOf = (token: Token): Put => {
    let put = puts.get(token);
    if (put === undefined) {
      put = bearer(token.value);
      puts.set(token, put);
      tokens.set(put, token);
    }
    return put;
  };
  return {
    fields: ["authorization"],
    answersFor401: true,
    ready(ctx) {
      const token = source.get(ctx);
      return token instanceof Promise ? token.then(putOf) : putOf(token);
    },
    async renew(put, ctx) {
      const token = tokens.get(put);
      return token !== undefined && source.renew(token, ctx);
    },
  };
}
