import type { RequestContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import { Refusal } from "../../errors/refusal.ts";
import { parseDictionary } from "../../http/structured-field-parser.ts";
import type { InnerList } from "../../http/structured-fields.ts";
import { splitTarget } from "../../match/target.ts";
import type { Identity } from "../identity.ts";
import { invalidCredential } from "../invalid-credential.ts";
import { useOnce } from "../use-once.ts";
import { contentDigestFault } from "./content-digest.ts";
import { signedBody } from "./request-body.ts";
import { signatureBase } from "./signature-base.ts";
import type { SignatureKey } from "./signature-key.ts";
import { type Acceptable, judgeParameters, type ParameterRules } from "./signature-parameters.ts";
import { COPIED, OUT_OF_TIME } from "./time.ts";

/** A key, and whose it is. */
export interface Signer {
  readonly key: SignatureKey;
  readonly identity: Identity;
}

/** What signed requests must be like. */
export interface HttpSignatureRules extends ParameterRules {
  readonly signers: ReadonlyMap<string, Signer>;
  /** Whether a body must be covered by its digest. */
  readonly digest: boolean;
  readonly challenge: string;
}

/** A signature of a request, not yet believed. */
interface Candidate {
  readonly covered: InnerList;
  readonly signature: Uint8Array;
  readonly signer: Signer;
}

/** Longer fields are not parsed: in characters. */
const MAX_LENGTH = 16_384;
/** A request has one signature, or a few of those it came by. */
const MAX_SIGNATURES = 8;

/** Verifies requests that are signed as RFC 9421 has it. */
export class HttpSignatureVerifier {
  readonly #rules: HttpSignatureRules;
  readonly #deps: Pick<Deps, "now" | "nonces">;

  constructor(rules: HttpSignatureRules, deps: Pick<Deps, "now" | "nonces">) {
    this.#rules = rules;
    this.#deps = deps;
  }

  /** Judges a request (RFC 9421 §3.2): one signature of a known key must hold. @returns whose it is */
  async verify(ctx: RequestContext): Promise<Identity | Refusal | undefined> {
    const { headers } = ctx.request;
    const [input, signature] = [headers.get("signature-input"), headers.get("signature")];
    if (input === null && signature === null) return undefined;
    const candidates = this.#candidates(input ?? "", signature ?? "");
    if (typeof candidates === "string") return this.#refusal(candidates);
    let refusal: Refusal | undefined;
    for (const candidate of candidates) {
      const verdict = await this.#verifyOne(candidate, ctx);
      if (!(verdict instanceof Refusal)) return verdict;
      refusal ??= verdict;
    }
    return refusal ?? this.#refusal("no signature is of a known key and with the tag that is asked for");
  }

  #candidates(input: string, signature: string): readonly Candidate[] | string {
    if (input.length > MAX_LENGTH || signature.length > MAX_LENGTH) return "the signature is too large";
    const [inputs, signatures] = [parseDictionary(input), parseDictionary(signature)];
    if (inputs === undefined || signatures === undefined) return "signature or signature-input is malformed";
    if (inputs.size > MAX_SIGNATURES) return "there are too many signatures";
    return [...inputs].flatMap(([label, covered]): readonly Candidate[] => {
      const given = signatures.get(label);
      if (!("items" in covered) || given === undefined || !("value" in given)) return [];
      const { value } = given;
      const keyid = covered.parameters.get("keyid");
      const signer = typeof keyid === "string" ? this.#rules.signers.get(keyid) : undefined;
      const { tag } = this.#rules;
      const meant = tag === undefined || covered.parameters.get("tag") === tag;
      return signer !== undefined && meant && value instanceof Uint8Array
        ? [{ covered, signature: value, signer }]
        : [];
    });
  }

  async #verifyOne(
    { covered, signature, signer }: Candidate,
    ctx: RequestContext,
  ): Promise<Identity | Refusal> {
    const { key, identity } = signer;
    const acceptable = judgeParameters(covered, key.algorithm, this.#rules, this.#deps.now());
    if (typeof acceptable === "string") return this.#refusal(acceptable);
    const target = splitTarget(ctx.request.url);
    if (target instanceof Refusal) return target;
    const base = signatureBase(covered, { method: ctx.method, target, headers: ctx.request.headers });
    if ("fault" in base) return this.#refusal(base.fault);
    if (!(await key.holds(signature, new TextEncoder().encode(base.text))))
      return this.#refusal("the signature does not hold");
    return (
      (await this.#bodyFault(covered, ctx)) ?? (await this.#copyOf(acceptable, identity, ctx)) ?? identity
    );
  }

  /** The body is read only now that somebody known has signed for the request. */
  async #bodyFault({ items }: InnerList, ctx: RequestContext): Promise<Refusal | undefined> {
    const isCovered = items.some(({ value }) => value === "content-digest");
    if (!isCovered && !this.#rules.digest) return undefined;
    const body = await signedBody(ctx, this.#deps.now);
    if (body instanceof Refusal) return body;
    if (!isCovered) return body.length > 0 ? this.#refusal("content-digest is not covered") : undefined;
    const fault = await contentDigestFault(ctx.request.headers.get("content-digest") ?? "", body);
    return fault === undefined ? undefined : this.#refusal(fault);
  }

  async #copyOf(
    { nonce, end }: Acceptable,
    { id }: Identity,
    ctx: RequestContext,
  ): Promise<Refusal | undefined> {
    if (!this.#rules.nonce || nonce === undefined) return undefined;
    return useOnce(this.#deps, ctx, [id, nonce], end, () => this.#refusal(COPIED));
  }

  #refusal(reason: string): Refusal {
    const detail = reason === OUT_OF_TIME ? OUT_OF_TIME : undefined;
    return invalidCredential(this.#rules.challenge, reason, detail);
  }
}
