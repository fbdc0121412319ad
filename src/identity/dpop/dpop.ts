import { base64url } from "jose";
import type { RequestContext } from "../../context.ts";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import { keepFromCaches } from "../../http/keep-from-caches.ts";
import type { Identity } from "../identity.ts";
import { schemePatterns } from "../jwt/bearer.ts";
import { invalidToken } from "../jwt/challenge.ts";
import type { ProofOfPossession, ProofRules, TokenCheck } from "../jwt/token-check.ts";
import { KEY_PAIR_ALGORITHMS } from "../keys/algorithms.ts";
import { useOnce } from "../use-once.ts";
import { judgeProof, type KnownKeys } from "./proof.ts";
import { createServerNonces } from "./server-nonce.ts";

/** What a token is bound to, worked out once for it. */
interface Binding {
  readonly thumbprint: string;
  readonly tokenHash: string;
}

/** `Authorization: DPoP`, and the algorithms that proofs may be signed with (RFC 9449 §7.1). */
const CHALLENGE = `DPoP realm="api", algs="${KEY_PAIR_ALGORITHMS.join(" ")}"`;
/** Scheme, spaces, token. */
const TOKEN = /^\S+ +(\S+)$/;

/**
 * Makes the check that whoever presents a token also proves, for this very request, to hold the key that it is bound to
 * (RFC 9449 §7). A proof is good once: where the store of those that were used cannot be asked, nobody is let in.
 */
export function createDpop(rules: ProofRules): ProofOfPossession {
  const due: NoncesDue = new WeakMap();
  return {
    scheme: schemePatterns("DPoP"),
    challenge: CHALLENGE,
    withheld: ["dpop"],
    check: proofCheck(rules, due),
    ...(rules.nonceSecret !== undefined && { finalise: (ctx, headers) => renew(due.get(ctx), headers) }),
  };
}

/** RFC 9449 §8.2: the next proof is to hold it, so that nobody is turned away whenever nonces change. */
function renew(nonce: string | undefined, headers: Headers): void {
  if (nonce === undefined) return;
  headers.set("dpop-nonce", nonce);
  keepFromCaches(headers);
}

/** Nonces that callers are to be told, by their requests. */
type NoncesDue = WeakMap<RequestContext, string>;

function proofCheck({ tolerance, nonceSecret, now, nonces }: ProofRules, due: NoncesDue): TokenCheck {
  const bindings = new WeakMap<Identity, Binding>();
  const known: KnownKeys = new Map();
  const asksForNonce = nonceSecret !== undefined;
  const serverNonces = asksForNonce ? createServerNonces(nonceSecret) : undefined;

  const bindingOf = async (identity: Identity, ctx: RequestContext): Promise<Binding | undefined> => {
    const bound = bindings.get(identity);
    if (bound !== undefined) return bound;
    const thumbprint = thumbprintOf(identity.claims.cnf);
    const token = TOKEN.exec(ctx.request.headers.get("authorization") ?? "")?.[1];
    if (thumbprint === undefined || token === undefined) return undefined;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
    const binding = { thumbprint, tokenHash: base64url.encode(new Uint8Array(digest)) };
    bindings.set(identity, binding);
    return binding;
  };

  return async (identity, ctx) => {
    if (asksForNonce && serverNonces === undefined) {
      return refuse("configuration-missing", {
        cause: "the secret of DPoP nonces is missing or shorter than 32 bytes",
      });
    }
    const binding = await bindingOf(identity, ctx);
    if (binding === undefined) return invalidToken("the token is not bound to a DPoP key", CHALLENGE);
    const proof = ctx.request.headers.get("dpop");
    if (proof === null) return invalidProof("there is no DPoP proof");
    const { method, url } = ctx.request;
    const judged = await judgeProof(proof, { ...binding, method, url, now: now(), tolerance }, known);
    if (typeof judged === "string") return invalidProof(judged);
    if (serverNonces !== undefined) {
      const nonce = await serverNonces.judge(judged.nonce, now());
      if (nonce === "refused") return nonceWanted(await serverNonces.current(now()));
      if (nonce === "due") due.set(ctx, await serverNonces.current(now()));
    }
    const copied = () => invalidProof("the proof was used before");
    return useOnce({ now, nonces }, ctx, ["dpop", binding.thumbprint, judged.id], judged.until, copied);
  };
}

/** RFC 9449 §6.1; a token that is bound in a further way owes more than is checked here. */
function thumbprintOf(confirmation: unknown): string | undefined {
  if (typeof confirmation !== "object" || confirmation === null) return undefined;
  const { jkt, ...more } = confirmation as Readonly<Record<string, unknown>>;
  return typeof jkt === "string" && Object.keys(more).length === 0 ? jkt : undefined;
}

/** RFC 9449 §7.1. @param reason for the log */
function invalidProof(reason: string): Refusal {
  const challenge = `${CHALLENGE}, error="invalid_dpop_proof"`;
  const detail = "The proof of possession was not accepted";
  return refuse("credential-invalid", { detail, headers: [["www-authenticate", challenge]], cause: reason });
}

/** RFC 9449 §9: the caller tries again with it. */
function nonceWanted(nonce: string): Refusal {
  const challenge = `${CHALLENGE}, error="use_dpop_nonce", error_description="The proof needs the nonce given"`;
  return refuse("credential-invalid", {
    detail: "The proof of possession needs a nonce",
    headers: [
      ["www-authenticate", challenge],
      ["dpop-nonce", nonce],
    ],
    cause: "the proof does not hold a current nonce",
  });
}
