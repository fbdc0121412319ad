import type { CompiledCompose } from "../../actions/compose/compiled.ts";
import { worstCase } from "../../actions/compose/compose.ts";
import type { LoginOptions } from "../../actions/login/login.ts";
import { CONNECTION_SLOTS } from "../../budget.ts";
import type { Concurrency } from "../../concurrency/limit.ts";
import type { PathPolicy } from "../../match/path-policy.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import { askedServices } from "./asked-services.ts";
import { calledUpstreams } from "./called-upstreams.ts";
import type { CheckedRoute } from "./check-routes.ts";
import { dispatchedRoutes } from "./dispatched-route.ts";
import { fetchesKeys } from "./fetches-keys.ts";
import { LOGIN_COST } from "./login-cost.ts";
import { presentedCost } from "./presented-cost.ts";

/** Subrequests that one request may make, by Workers plan. */
const LIMITS = { free: 50, paid: 10_000 } as const;

/** Policies that ask a store on each request, each for itself. */
const ASKING_STORES: readonly string[] = ["cache", "quota", "rateLimit"];

/** What a request to a route costs at worst. */
export interface Cost {
  readonly subrequests: number;
  /** Rounds of waiting, six subrequests at a time. */
  readonly rounds: number;
}

/** Reports routes that may make more subrequests than the platform lets them, or that dispatch in a circle. */
export function checkSubrequests(
  routes: readonly CheckedRoute[],
  plan: keyof typeof LIMITS,
  paths: PathPolicy,
): void {
  const cost = costs(routes, paths, (route, trail) =>
    route.place
      .at("compose")
      .add(`the routes dispatch in a circle: ${trail.map(({ id }) => id).join(" → ")}`),
  );
  for (const route of routes) {
    const { subrequests } = cost(route);
    if (subrequests <= LIMITS[plan]) continue;
    route.place.add(
      `may make ${subrequests} subrequests; the ${plan} Workers plan allows ${LIMITS[plan]}`,
      plan === "free" ? 'Compose fewer steps, or say workersPlan: "paid".' : "Compose fewer steps.",
    );
  }
  checkDispatched(routes, paths);
}

/** Reports steps that call a route which is not there. */
function checkDispatched(routes: readonly CheckedRoute[], paths: PathPolicy): void {
  const dispatched = dispatchedRoutes(routes, paths);
  for (const { action, place } of routes) {
    if (action.name !== "compose") continue;
    for (const step of (action.options as CompiledCompose).steps) {
      if (step.upstream !== undefined || dispatched(step) !== undefined) continue;
      place
        .at("compose", "steps", step.name, "route")
        .add(`no route of this gateway takes this ${step.method}`);
    }
  }
}

/** Worst-case costs, dispatched routes included. @param onCircle called where a route would dispatch to itself */
export function costs(
  routes: readonly CheckedRoute[],
  paths: PathPolicy,
  onCircle: (route: CheckedRoute, trail: readonly CheckedRoute[]) => void = () => {},
): (route: CheckedRoute) => Cost {
  const dispatched = dispatchedRoutes(routes, paths);
  const known = new Map<CheckedRoute, Cost>();

  function cost(route: CheckedRoute, trail: readonly CheckedRoute[]): Cost {
    const counted = known.get(route);
    if (counted !== undefined) return counted;
    if (trail.includes(route)) {
      onCircle(route, [...trail.slice(trail.indexOf(route)), route]);
      return { subrequests: 0, rounds: 0 };
    }
    const action = actionCost(route, [...trail, route]);
    // Each limit and the cache may ask their store; an issuer's keys may have to be fetched.
    const stores = route.policies.filter(
      ({ name, options }) => ASKING_STORES.includes(name) || asksForPermits(name, options),
    ).length;
    const before = stores + (fetchesKeys(route) ? 1 : 0) + askedServices(route);
    const total = { subrequests: before + action.subrequests, rounds: before + action.rounds };
    known.set(route, total);
    return total;
  }

  function actionCost({ action }: CheckedRoute, trail: readonly CheckedRoute[]): Cost {
    if (action.name === "forward") {
      const called = calledUpstreams(action);
      const presented = presentedCost(called);
      const permits = permitsAsked(called);
      return { subrequests: 1 + permits + presented, rounds: permits + (presented > 0 ? 2 : 1) };
    }
    if (action.name === "login") {
      const subrequests = LOGIN_COST[(action.options as LoginOptions).endpoint];
      return { subrequests, rounds: subrequests };
    }
    if (action.name === "usage") {
      const { quotas, credits } = action.options as Readonly<
        Record<"quotas" | "credits", readonly unknown[]>
      >;
      const length = quotas.length + credits.length;
      return { subrequests: length, rounds: Math.ceil(length / CONNECTION_SLOTS) };
    }
    if (action.name !== "compose") return { subrequests: 0, rounds: 0 };
    const { steps } = action.options as CompiledCompose;
    const own = worstCase(steps);
    const upstreams = calledUpstreams(action);
    const permits = permitsAsked(upstreams);
    const called = steps.flatMap((step) => {
      const met = dispatched(step);
      // What may be a circle, and may not, is for the running gateway to stop.
      return met === undefined || (!met.certain && trail.includes(met.route)) ? [] : [cost(met.route, trail)];
    });
    return {
      subrequests:
        own.subrequests +
        permits +
        presentedCost(upstreams) +
        called.reduce((sum, { subrequests }) => sum + subrequests - 1, 0),
      rounds: own.rounds + Math.min(permits, 1) + Math.max(0, ...called.map(({ rounds }) => rounds - 1)),
    };
  }

  return (route) => cost(route, []);
}

/** Once before: renewing and giving back happen beside the answer. */
function asksForPermits(name: string, options: unknown): boolean {
  return name === "concurrency" && (options as Concurrency).scope === "global";
}

/** Calls of these upstreams that ask for a permit before. Where their options are unsound, the check says so elsewhere. */
function permitsAsked(called: readonly UpstreamDeclaration[]): number {
  return called.filter(({ options }) => options?.concurrency?.scope === "global").length;
}
