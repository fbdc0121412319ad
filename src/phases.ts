import type { KeyedContext, RequestContext } from "./context.ts";
import type { Policy } from "./policies/policy.ts";
import type { Priority } from "./shedding/priority.ts";

/**
 * The caller's half, in order: runs on every request, cache hits included. Around it, where a policy says so, stands
 * what sees the request as it came and the answer as it is due, be it to a refusal.
 *
 *     observe.begin → match → around( guard → authenticate → authorize → limit → validate → replay ‖ admit → transform → ACTION
 *     observe.end ← finalise ← around( personalise ←────────────────────────────────────────── store ‖ ← transform ←──────────┘
 */
export const CALLER_PHASES = ["guard", "authenticate", "authorize", "limit", "validate"] as const;

/** Folders of src/policies: every phase that a policy may mainly work in. Fixes the order within a route. */
export const POLICY_PHASES = [
  "around",
  ...CALLER_PHASES,
  "replay",
  "admit",
  "transform",
  "personalise",
  "finalise",
] as const;

/** A phase that a policy's folder is named for. */
export type Phase = (typeof POLICY_PHASES)[number];

/** A phase of the caller's half, bound to its policy. */
export type CallerStep = (ctx: RequestContext) => ReturnType<NonNullable<Policy["guard"]>>;
/** A step of the shared half before the action, bound to its policy. */
export type SharedStep = (ctx: KeyedContext) => ReturnType<NonNullable<Policy["admit"]>>;

/** A route's policies sorted into the road: what runs, and in which order. Only here is order decided. */
export interface Road {
  /** Request headers that no origin is given. */
  readonly withheld: ReadonlySet<string>;
  /** In bytes; undefined where none is declared. */
  readonly bodyLimit: number | undefined;
  /** How much its requests matter where not all can be served. */
  readonly priority: Priority;
  /** Wraps everything between match and finalise: one policy's business; undefined where there is none. */
  readonly around: Policy["around"];
  readonly caller: readonly CallerStep[];
  readonly replay: ReadonlyArray<NonNullable<Policy["replay"]>>;
  readonly admit: readonly SharedStep[];
  /** Wraps what comes after admit in the shared half: one policy's business; undefined where there is none. */
  readonly hold: Policy["hold"];
  readonly upstream: ReadonlyArray<NonNullable<Policy["upstream"]>>;
  readonly transform: ReadonlyArray<NonNullable<Policy["transform"]>>;
  readonly personalise: ReadonlyArray<NonNullable<Policy["personalise"]>>;
  readonly finalise: ReadonlyArray<NonNullable<Policy["finalise"]>>;
  readonly error: ReadonlyArray<NonNullable<Policy["error"]>>;
}

/** Lays the road: `policies` come in phase order from the build, and keep it within each phase. */
export function layRoad(policies: readonly Policy[]): Road {
  const bound = <Name extends Exclude<keyof Policy, "withheld" | "bodyLimit" | "priority" | "websocket">>(
    name: Name,
  ): Array<NonNullable<Policy[Name]>> =>
    policies.flatMap((policy) => {
      const phase = policy[name];
      return phase === undefined ? [] : [phase.bind(policy) as NonNullable<Policy[Name]>];
    });
  return {
    withheld: new Set(policies.flatMap((policy) => policy.withheld ?? [])),
    bodyLimit: policies.find((policy) => policy.bodyLimit !== undefined)?.bodyLimit,
    priority: policies.find(({ priority }) => priority !== undefined)?.priority ?? "normal",
    around: bound("around")[0],
    caller: CALLER_PHASES.flatMap((phase) => bound(phase)),
    replay: bound("replay"),
    admit: bound("admit"),
    hold: bound("hold")[0],
    upstream: bound("upstream"),
    transform: bound("transform"),
    personalise: bound("personalise"),
    finalise: bound("finalise"),
    error: bound("error"),
  };
}
