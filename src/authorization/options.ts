import type { METHODS } from "../match/pattern.ts";
import type { Mode } from "../observe/report.ts";
import type { UpstreamDeclaration } from "../upstream/declare.ts";

/**
 * Who may do what, once it is known who calls. The rules are asked in order, and the first whose conditions all hold
 * decides; where none does, the request is refused with 403. The access log says in `authorization` which rule it was.
 */
export interface AuthorizeOptions {
  /** 1 to 50 rules. */
  readonly rules: readonly AuthorizeRule[];
  /** `report`: refuses nobody; the access log says whom it would have. Default `enforce`. */
  readonly mode?: Mode;
}

/** One rule: `allow`, `deny` or `ask`, and under which conditions. Without conditions it decides every request. */
export interface AuthorizeRule {
  /** Lets the request pass. */
  readonly allow?: true;
  /** Refuses it. */
  readonly deny?: true;
  /** Leaves the decision to a service, after rate limits: what it answers is the decision. */
  readonly ask?: AskOptions;
  /** Methods that the rule is for; `GET` covers `HEAD` too. Default: all. */
  readonly methods?: ReadonlyArray<Exclude<(typeof METHODS)[number], "ANY">>;
  /** The caller must have all of these scopes. */
  readonly scopes?: readonly string[];
  /** The caller must have one of these roles. */
  readonly roles?: readonly string[];
  /** Claim name → the value it must have, or one of the values. An array claim must contain one of them. */
  readonly claims?: Readonly<
    Record<string, string | number | boolean | ReadonlyArray<string | number | boolean>>
  >;
  /** An [expression](#expressions) that must hold, such as `'request.params.org == identity.claims.org'`. */
  readonly when?: string;
  /**
   * Told, as `detail`, to a caller who is authenticated and refused: by this rule where it denies; else where no rule
   * allows and this is the first for the method that might have. Name the right that is missing.
   */
  readonly reason?: string;
}

/**
 * A service that decides, in the manner of the Open Policy Agent's data API: `POST {"input": {…}}` is answered with
 * `{"result": true}`, or `{"result": {"allow": true, "reason": "…", "headers": {…}}}`. No `result` means no. Whatever
 * else it answers, or where it does not answer, the request is refused with 503.
 */
export interface AskOptions {
  /** The service. */
  readonly upstream: UpstreamDeclaration;
  /** Path at the upstream, such as `/v1/data/shop/allow`. */
  readonly path: string;
  /** What the service is told, and nothing else: a name → a value as [expressions](#expressions) name it. */
  readonly input: Readonly<Record<string, string>>;
  /** How long the answer may take, its body included. Default `"1s"`. */
  readonly timeout?: string;
  /** Keeps decisions in the isolate, up to 1,000. Default: every request is asked about. */
  readonly cache?: {
    /** How long a decision holds, and so how late a right that is taken away is missed: `"1s"` to `"5m"`. */
    readonly ttl: string;
    /** Names of `input` that tell decisions apart. Default: all of them. Leave out what decides nothing. */
    readonly by?: readonly string[];
  };
  /**
   * Header fields of the decision's `headers` that the origin is given; a client's own of these names are removed.
   * Not on routes with a cache, whose answers others are given too.
   */
  readonly toOrigin?: readonly string[];
}
