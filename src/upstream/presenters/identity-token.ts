import * as z from "zod";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import { oneOrMany } from "../../identity/credentials/schema-parts.ts";
import { ExpiringCache } from "../../identity/expiring-cache.ts";
import type { Identity } from "../../identity/identity.ts";
import type { Resolved } from "../../policies/policy.ts";
import { duration } from "../../schema/duration.ts";
import { type Token, TokenSource } from "../oauth/token-source.ts";
import type { Presenter, PresenterTools, Put } from "../presenter.ts";

/**
 * Who calls, as a JWT that the gateway signs (ES256), in `X-Identity-Token`. Its keys are published at
 * `/_gateway/jwks.json`. It is made once for a caller and used for a while; where nobody is identified there is none.
 */
export interface IdentityTokenOptions {
  /** Who it is for: the origin must ask for this in `aud`. */
  readonly audience: string | readonly string[];
  /** For how long one holds, `"10s"` to `"1h"`, and never longer than what the caller has proved. Default `"5m"`. */
  readonly ttl?: string;
  /** The gateway's name: `iss`. Default `"isogate"`. */
  readonly issuer?: string;
  /** Names of the caller's claims that are passed on, as `identity.claims`. Default: none. */
  readonly claims?: readonly string[];
}

interface Compiled {
  readonly audience: readonly string[];
  /** ms */
  readonly ttl: number;
  readonly issuer: string;
  readonly claims: readonly string[];
}

const FIELD = "x-identity-token";
/** Callers whose tokens an isolate remembers. */
const MOST = 10_000;

/** Schema of {@link IdentityTokenOptions}. Build only. */
export function options(): z.ZodType<Compiled, IdentityTokenOptions> {
  return z.strictObject({
    audience: oneOrMany(z.string().min(1)),
    ttl: duration({ min: "10s", max: "1h" }).prefault("5m"),
    issuer: z.string().min(1).default("isogate"),
    claims: z.array(z.string().min(1)).default([]),
  });
}

export function create(options: Resolved<Compiled>, { deps, identityKey }: PresenterTools): Presenter {
  const { now, random } = deps;
  /** By what is said of a caller: an identity may be another object each time. */
  const sources = new ExpiringCache<TokenSource>(MOST);
  const known = new WeakMap<Identity, TokenSource>();
  const puts = new WeakMap<Token, Put>();

  const sourceOf = (identity: Identity): TokenSource => {
    let source = known.get(identity);
    if (source !== undefined) return source;
    const claims = claimsFor(identity, options);
    const { expiresAt = Number.POSITIVE_INFINITY } = identity;
    const key = JSON.stringify([claims, expiresAt]);
    source = sources.get(key, now());
    if (source === undefined) {
      source = new TokenSource({
        now,
        random: () => (random(new Uint8Array(1))[0] ?? 0) / 256,
        async obtain() {
          const seconds = Math.max(1, Math.floor(Math.min(options.ttl, expiresAt - now()) / 1_000));
          return { value: await signed(claims, seconds), lifetime: seconds * 1_000 };
        },
      });
      sources.set(key, source, expiresAt);
    }
    known.set(identity, source);
    return source;
  };
  const signed = (claims: Readonly<Record<string, unknown>>, seconds: number) =>
    identityKey.sign(claims, seconds).catch((cause: unknown) => {
      throw new RefusalError(
        refuse("store-unavailable", { cause: `the gateway's signing key: ${String(cause)}` }),
      );
    });
  const putOf = (token: Token): Put => {
    let put = puts.get(token);
    if (put === undefined) {
      put = ({ headers }) => headers.set(FIELD, token.value);
      puts.set(token, put);
    }
    return put;
  };
  return {
    fields: [FIELD],
    answersFor401: false,
    ready(ctx) {
      if (ctx.identity === undefined) return nothing;
      const token = sourceOf(ctx.identity).get(ctx);
      return token instanceof Promise ? token.then(putOf) : putOf(token);
    },
  };
}

const nothing: Put = () => {};

/** What the token says: the documented header set, and the claims that are passed on. */
function claimsFor(identity: Identity, { audience, issuer, claims: names }: Resolved<Compiled>) {
  const { id, subject, issuer: vouchedBy, credential, scopes, roles, consumer, plan } = identity;
  const claims = Object.fromEntries(
    names.filter((name) => Object.hasOwn(identity.claims, name)).map((name) => [name, identity.claims[name]]),
  );
  return {
    iss: issuer,
    sub: id,
    aud: audience.length === 1 ? audience[0] : audience,
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    identity: {
      subject,
      issuer: vouchedBy,
      credential,
      scopes,
      ...(roles !== undefined && { roles }),
      ...(consumer !== undefined && { consumer }),
      ...(plan !== undefined && { plan }),
      ...(names.length > 0 && { claims }),
    },
  };
}
