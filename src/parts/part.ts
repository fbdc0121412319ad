import type { Hono } from "hono";
import type { BlockLists } from "../blocking/block-lists.ts";
import type { Permits } from "../concurrency/permits.ts";
import type { Deps } from "../deps.ts";
import type { ConsumerDirectory } from "../identity/consumers/directory.ts";
import type { Meters } from "../metering/meters.ts";
import type { Signals } from "../signals/signals.ts";
import type { BlocksNamespace } from "../stores/blocks/durable-object.ts";
import type { ConsumersNamespace } from "../stores/consumers/durable-object.ts";
import type { CounterStore } from "../stores/counters/counter-store.ts";
import type { LimiterNamespace } from "../stores/counters/durable-object.ts";
import type { CounterStoreChoice } from "../stores/counters/select.ts";
import type { MeterIndexNamespace, MetersNamespace } from "../stores/meters/durable-object.ts";
import type { NoncesNamespace } from "../stores/nonces/durable-object.ts";
import type { NonceStore } from "../stores/nonces/nonce-store.ts";
import type { PermitsNamespace } from "../stores/permits/durable-object.ts";
import type { QuotasNamespace } from "../stores/quotas/durable-object.ts";
import type { QuotaStore } from "../stores/quotas/quota-store.ts";
import type { RefusalsNamespace } from "../stores/refusals/durable-object.ts";
import type { SessionsNamespace } from "../stores/sessions/durable-object.ts";
import type { SessionStore } from "../stores/sessions/session-store.ts";
import type { SignalsNamespace } from "../stores/signals/durable-object.ts";
import type { SigningKeyNamespace } from "../stores/signing-key/signing-key.ts";

/** The Worker's own Durable Objects, as the platform hands them over. */
export interface Exports {
  readonly BlocksObject: BlocksNamespace;
  readonly ConsumersObject: ConsumersNamespace;
  readonly LimiterObject: LimiterNamespace;
  readonly MeterIndexObject: MeterIndexNamespace;
  readonly MetersObject: MetersNamespace;
  readonly NoncesObject: NoncesNamespace;
  readonly PermitsObject: PermitsNamespace;
  readonly QuotasObject: QuotasNamespace;
  readonly RefusalsObject: RefusalsNamespace;
  readonly SessionsObject: SessionsNamespace;
  readonly SignalsObject: SignalsNamespace;
  readonly SigningKeyObject: SigningKeyNamespace;
}

/** What parts are opened with. */
export interface PartTools extends Pick<Deps, "now" | "random" | "log"> {
  readonly env: Readonly<Record<string, unknown>>;
  readonly exports: Exports;
  /** Where what isolates share is kept: see {@link CounterStoreChoice}. `memory`: in this isolate alone. */
  readonly counters: CounterStoreChoice["counters"];
  readonly upstash: CounterStoreChoice["upstash"];
}

/** Something that isolates share, and that only those Workers hold whose manifest uses it. */
export interface Part<Service> {
  /** Opens it for an isolate. */
  open(tools: PartTools): Service;
}

/** A part that has a place in the admin API. */
export interface AdministeredPart<Service> extends Part<Service> {
  administer(service: Service, tools: AdminTools): Hono;
}

/** What a part's admin app works with. */
export interface AdminTools extends Pick<Deps, "now" | "random"> {
  /** The operators' own. */
  readonly secret: string;
  readonly requestId: () => string;
  /** Registered callers; undefined where no route is for any. */
  readonly consumers: ConsumerDirectory | undefined;
}

/** The parts, each in the file of its name. */
export interface Parts {
  /** Deny and allow lists that operators edit. */
  readonly blocks?: AdministeredPart<BlockLists>;
  /** Registered callers and their keys. */
  readonly consumers?: AdministeredPart<ConsumerDirectory>;
  /** What limits count. */
  readonly counters?: Part<CounterStore>;
  /** What is to be billed. */
  readonly meters?: AdministeredPart<Meters>;
  /** What may be used once only. */
  readonly nonces?: Part<NonceStore>;
  /** What lets only so many requests in at once. */
  readonly permits?: Part<Permits>;
  /** What callers have used of long periods. */
  readonly quotas?: AdministeredPart<QuotaStore>;
  /** Sessions of people who have logged in. */
  readonly sessions?: Part<SessionStore>;
  /** What tells that an upstream has too much to do. */
  readonly signals?: Part<Signals>;
}

/** Policies, credentials and the Worker's own functions say which they use, in a constant `uses`. */
export type PartName = keyof Parts;
