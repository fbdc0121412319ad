import type { LimitState } from "../context.ts";
import type { ReportedRefusal } from "../observe/record.ts";
import type { CredentialNames } from "./credential-names.ts";

/** A header field. What may be a credential is shown redacted. */
export type Field = readonly [name: string, value: string];

/** What was done to header fields. */
export interface HeaderChanges {
  readonly set: readonly Field[];
  readonly removed: readonly string[];
}

/** A refusal as operators see it. */
export interface TracedRefusal {
  /** Of the error catalog. */
  readonly code: string;
  readonly status: number;
  readonly detail?: string;
  /** Never shown to a client. */
  readonly cause?: string;
}

/** What one policy in one phase, or the action, made of the request. In the order in which they began. */
export interface TracedEvent extends Partial<TracedCounts> {
  /** The route on whose road it stands: `METHOD /path`; empty where no route was met. */
  readonly route: string;
  /** 0 for the request itself, more for what it dispatched. */
  readonly depth: number;
  /** A phase of `Policy`, `action`, or `dispatch` for a request that a step or function sends to another route. */
  readonly phase: string;
  /** The manifest key of the policy or action, or the step that dispatches. */
  readonly name: string;
  /** `passes`: the request goes on. `fails`: an exception that is no refusal. */
  outcome: "passes" | "refuses" | "answers" | "fails";
  refusal?: TracedRefusal;
  /** Of the answer that it gave. */
  status?: number;
  /** What a policy on trial would have refused. */
  reported?: readonly ReportedRefusal[];
  /** Who calls, where it has found out. */
  identity?: {
    readonly id: string;
    readonly subject: string;
    readonly scopes: readonly string[];
    /** Which of the caller's keys, tokens or certificates it was. */
    readonly key?: string;
  };
  /** What decided over the caller's rights. */
  decided?: string;
  /** Deny and allow lists that it looked into. */
  lists?: readonly TracedList[];
  /** Rate limits that it asked. */
  limits?: readonly LimitState[];
  /** What the cache did: hit, stale, revalidated, miss, bypass. */
  cache?: string;
  /** What the answer lies, or would lie, under in the cache. */
  key?: string;
  notes?: readonly string[];
  /** What it did to the header fields of the answer, or in the phase `upstream` of the request. */
  changes?: HeaderChanges;
  /** The phase `upstream`: what the request's target became, where it did. */
  target?: string;
  /** Until it had decided, in ms, what it waited for included. */
  ms?: number;
}

/** What was counted. */
export interface TracedCounts {
  /** Quotas that it asked, whether it kept what it took or not. */
  readonly quotas: readonly TracedQuota[];
  /** Prepaid credit that it asked for. */
  readonly credits: readonly TracedCredit[];
  /** Events that are billed. */
  readonly metered: ReadonlyArray<{ readonly event: string; readonly value: number }>;
}

/** A quota as it was when it had been asked. */
export interface TracedQuota {
  readonly name: string;
  readonly limit: number;
  /** With what this request took of it, where it was allowed. */
  readonly used: number;
  readonly allowed: boolean;
  /** The end of its period: ISO 8601. */
  readonly until: string;
}

/** A caller's credit as it was when units of it had been asked for. */
export interface TracedCredit {
  readonly units: number;
  readonly granted: boolean;
  readonly balance: number;
  /** What of it is reserved for requests under way, this one among them where it was granted. */
  readonly reserved: number;
}

/** A list that a caller was looked for in. */
export interface TracedList {
  readonly list: string;
  /** The entry that the caller is on it by, with its reason; absent where they are not. */
  readonly entry?: string;
}

/** Something that the gateway put on a request for an origin, last of all: of its own, or to tell who calls. */
export interface TracedPut {
  /** The kind of credential, as the upstream declares it. */
  readonly by: string;
  /** The header field that it went into. */
  readonly header?: string;
  /** The query parameter that it went into. */
  readonly query?: string;
  /** The client certificate that the connection was made with. */
  readonly binding?: string;
}

/** One request to an origin, as it left. */
export interface TracedCall {
  readonly route: string;
  readonly depth: number;
  /** The composed step that it was for. */
  readonly step?: string;
  readonly upstream: string;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Field[];
  /** What the origin was given beside, or in place of what stands above. Its values are shown to nobody. */
  readonly puts?: readonly TracedPut[];
  /** Text that the gateway made, or what kind of body went along. */
  readonly body?: string;
  status?: number;
  error?: string;
  /** Until the answer's headers, in ms. */
  ms?: number;
}

/** One request through the gateway, step by step. */
export interface Traced {
  /** The manifest's fingerprint. */
  readonly manifest: string;
  /** Under which names the manifest has credentials travel, so that whoever shows this can leave theirs out too. */
  readonly credentialNames: CredentialNames;
  /** Undefined where none was met. `variant`: its `when` as JSON, where it has one. */
  readonly route?: { readonly id: string; readonly variant?: string };
  readonly events: readonly TracedEvent[];
  readonly calls: readonly TracedCall[];
  readonly answer: {
    readonly status: number;
    readonly headers: readonly Field[];
    readonly refusal?: TracedRefusal;
  };
  /** From arrival to the answer's headers, in ms. */
  readonly ms: number;
}
