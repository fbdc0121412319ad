import type { RelayEnd } from "../streams/relay.ts";

/** What the access log says of one request. Filled by the phases as they go; written once, after the answer. */
export interface AccessRecord {
  /** The catalog code of the refusal, where there was one. */
  code?: string;
  /** Whose fault an error is: client, upstream or gateway. */
  fault?: string;
  /** Why, for operators only: never shown to a client. */
  cause?: string;
  /** What decided over the caller's rights: a rule of `authorize`, or that none did. */
  authorization?: string;
  /** What the cache did: hit, stale, revalidated, miss, bypass. */
  cache?: string;
  /** Bytes of the answer's body, where it was watched. */
  bytes?: number;
  /** How a WebSocket that was relayed ended, and what went over it. The reason is the gateway's own. */
  websocket?: Pick<RelayEnd, "by" | "code" | "reason" | "fromClient" | "fromUpstream">;
  /** Upstreams called, with status and time of each. */
  upstreams?: UpstreamRecord[];
  /** What was noted beside: store failures, parts that failed. */
  notes?: string[];
  /** What policies in report mode would have refused. */
  reported?: ReportedRefusal[];
  /** Access records of the routes that this request dispatched to. */
  children?: Array<Readonly<Record<string, unknown>>>;
}

/** A refusal that a policy in report mode did not make. */
export interface ReportedRefusal {
  /** The policy's manifest key. */
  readonly policy: string;
  /** The catalog code. */
  readonly code: string;
  /** What the client would have been told. */
  readonly reason?: string;
}

/** One upstream call in the access log. */
export interface UpstreamRecord {
  readonly upstream: string;
  /** Response status; 0 where there was no response. */
  status: number;
  /** Milliseconds until response headers or failure; absent where it was called off and had not ended yet. */
  ms?: number;
}
