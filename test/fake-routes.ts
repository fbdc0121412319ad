import type { Action } from "../src/actions/action.ts";
import type { Deps } from "../src/deps.ts";
import { Gateway } from "../src/gateway.ts";
import { parseRouteKey } from "../src/match/pattern.ts";
import { createRouter } from "../src/match/router.ts";
import { buildTrie } from "../src/match/trie.ts";
import { layRoad } from "../src/phases.ts";
import type { Plan } from "../src/plan.ts";
import type { Policy } from "../src/policies/policy.ts";

export const NOW = 1_795_132_800_000;

/** What a test says of a route. */
export interface FakeRoute {
  readonly policies?: readonly Policy[];
  readonly action?: Action;
  readonly deadline?: number;
}

/** A gateway of routes whose policies and actions are the test's own. */
export function gatewayOf(routes: Readonly<Record<string, FakeRoute>>, finishing: readonly Policy[] = []) {
  const clock = { now: NOW };
  const lines: Array<Readonly<Record<string, unknown>>> = [];
  const counted: Array<Parameters<Deps["refusals"]["note"]>> = [];
  const deps = {
    now: () => clock.now,
    random: (bytes: Uint8Array) => bytes.fill(7),
    refusals: { note: (...noted: Parameters<Deps["refusals"]["note"]>) => counted.push(noted) },
    log: (line: Readonly<Record<string, unknown>>) => lines.push(line),
  } as unknown as Deps;
  const plan = (
    id: string,
    { policies = [], action = () => new Response(id), deadline = 30_000 }: FakeRoute,
  ): Plan => ({
    facts: { id, method: id.split(" ")[0]!, pattern: id.split(" ")[1] ?? "", authenticates: false },
    deadline,
    websocket: false,
    road: layRoad(policies),
    action,
  });
  const plans = Object.entries(routes).map(([id, route]) => plan(id, route));
  const entries = Object.keys(routes).map((id, index) => {
    const pattern = parseRouteKey(id);
    if ("error" in pattern) throw new Error(pattern.error);
    return { pattern, index };
  });
  const unmatched = plan("", { policies: finishing });
  const gateway = new Gateway({
    deps,
    router: createRouter(buildTrie(entries)),
    when: {},
    plan: (route) => plans[route]!,
    unmatched: () => unmatched,
    upstream() {
      throw new Error("not for this test");
    },
  });
  const ask = (path: string, init?: RequestInit) =>
    gateway.fetch(new Request(`https://api.example${path}`, init), { waitUntil: () => {} });
  return { gateway, ask, lines, clock, counted };
}

/** A policy or action that must not be asked. */
export function never(): never {
  throw new Error("not to be reached");
}
