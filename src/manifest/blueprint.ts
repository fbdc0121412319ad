import type { Action } from "../actions/action.ts";
import type { UpstreamConcurrency } from "../concurrency/limit.ts";
import type { Deps } from "../deps.ts";
import type { Credential } from "../identity/credential.ts";
import type { Requirements } from "../identity/declare.ts";
import type { TrieData } from "../match/trie.ts";
import type { Predicates } from "../match/when.ts";
import type { Parts } from "../parts/part.ts";
import type { Policy, SharedTools, Tools } from "../policies/policy.ts";
import type { CompiledShed, Shed, ShedTools } from "../shedding/shed.ts";
import type { CounterStoreChoice, CounterStoreName } from "../stores/counters/select.ts";
import type { SignalTerms } from "../stores/signals/signal-store.ts";
import type { Presenter, PresenterTools } from "../upstream/presenter.ts";
import type { UpstreamLayer } from "../upstream/upstream.ts";

/** A route as the build proved it. Travels as a JSON string and is parsed when first met. */
export interface RouteBlueprint {
  /** `METHOD /path`. */
  readonly id: string;
  /** What is false is left out: ten thousand routes are read when a Worker starts. */
  readonly authenticates?: boolean;
  readonly variant?: string;
  readonly limitedFurther?: true;
  /** ms */
  readonly deadline: number;
  /** Numbers of {@link Blueprint.policies}, in phase order. */
  readonly policies: readonly number[];
  readonly action: readonly [name: string, options: unknown];
}

/** An upstream as the build proved it. */
export interface UpstreamBlueprint {
  readonly name: string;
  readonly origin: unknown;
  /** ms */
  readonly timeout?: number;
  /** Name of a binding. */
  readonly certificate?: string;
  readonly shed?: CompiledShed;
  readonly concurrency?: UpstreamConcurrency;
  readonly signals?: SignalTerms;
  /** What is put on its requests, in this order, by names of {@link Modules.presenters}. */
  readonly presents?: ReadonlyArray<readonly [name: string, options: unknown]>;
}

/** A credential declaration; routes refer to it by index and add their requirements. */
export interface CredentialBlueprint {
  readonly type: string;
  readonly options: unknown;
}

/** The parts of modules that the generated entry passes by name: only those that the manifest uses. */
export interface Modules {
  readonly policies: Readonly<Record<string, { create(options: never, tools: Tools): Policy }>>;
  readonly actions: Readonly<Record<string, { create(options: never, tools: Tools): Action }>>;
  readonly credentials: Readonly<
    Record<string, { create(options: never, requirements: Requirements, tools: SharedTools): Credential }>
  >;
  /** Absent where no upstream sheds. */
  readonly shed?: {
    create(name: string, options: CompiledShed, tools: ShedTools): Pick<Shed, "enter" | "leave">;
  };
  /** Absent where no upstream has a concurrency limit. */
  readonly concurrency?: {
    create(
      upstream: string,
      options: UpstreamConcurrency,
      tools: Pick<Deps, "permits" | "random">,
    ): UpstreamLayer;
  };
  /** Absent where no upstream has any. */
  readonly presenters?: Readonly<
    Record<string, { create(options: never, tools: PresenterTools): Presenter }>
  >;
}

/** What the generated entry hands to the runtime: the checked manifest, ready to run. */
export interface Blueprint {
  /** SHA-256 over the compiled manifest and the sources of its functions; hex, 16 characters. */
  readonly hash: string;
  readonly version: string;
  readonly development: boolean;
  readonly stores: { readonly counters: CounterStoreName; readonly responses: "cache-api" | "memory" };
  /** Present where the Upstash client is bundled. */
  readonly upstash?: CounterStoreChoice["upstash"];
  readonly modules: Modules;
  /** Those that the manifest uses. */
  readonly parts: Parts;
  /** The tree of routes, whose numbers are indexes of `routes`. */
  readonly trie: TrieData;
  /** `when` of the routes that have one, by route index. */
  readonly when: Readonly<Record<number, Predicates>>;
  /** JSON of {@link RouteBlueprint}, by route index. */
  readonly routes: readonly string[];
  /** JSON of each policy's name and options, by number: routes of one group, or with one preset, share theirs. */
  readonly policies: readonly string[];
  /** JSON of the route whose policies finalise answers that no route gave: 404, 405, 400. */
  readonly unmatched: string;
  /** JSON of {@link UpstreamBlueprint} by name. */
  readonly upstreams: Readonly<Record<string, string>>;
  /** JSON of {@link CredentialBlueprint}. */
  readonly credentials: readonly string[];
  /** The manifest's functions and in-process apps, by index. */
  readonly values: readonly unknown[];
}
