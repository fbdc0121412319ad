import type { Action } from "./actions/action.ts";
import type { RouteBlueprint } from "./manifest/blueprint.ts";
import { layRoad, type Road } from "./phases.ts";
import type { Policy, RouteFacts, SharedTools, Tools } from "./policies/policy.ts";

/** A route ready to run: made when it is first met, kept for the life of the isolate. */
export interface Plan {
  readonly facts: RouteFacts;
  /** ms until the answer's headers are due. */
  readonly deadline: number;
  readonly websocket: boolean;
  readonly road: Road;
  readonly action: Action;
}

/** Makes a policy from its number, or an action from its name and (revived) options. */
export interface Workshop {
  policy(number: number, tools: Tools): Policy;
  action(name: string, options: unknown, tools: Tools): Action;
}

/** Configures a route's policies and action. */
export function createPlan(route: RouteBlueprint, workshop: Workshop, shared: SharedTools): Plan {
  const facts = factsOf(route);
  const tools: Tools = { ...shared, route: facts };
  const policies = route.policies.map((number) => workshop.policy(number, tools));
  return {
    facts,
    deadline: route.deadline,
    websocket: policies.some(({ websocket }) => websocket),
    road: layRoad(policies),
    action: workshop.action(route.action[0], route.action[1], tools),
  };
}

/**
 * The plan of a route that cannot be made ready: it fails in its own name, so that the log tells which one it is.
 * @param unmatched finalises its answers.
 */
export function brokenPlan(route: RouteBlueprint, error: unknown, unmatched: Plan): Plan {
  const fail = () => {
    throw error;
  };
  return { ...unmatched, facts: factsOf(route), road: { ...unmatched.road, caller: [fail] } };
}

function factsOf({ id, authenticates = false, variant, limitedFurther }: RouteBlueprint): RouteFacts {
  const [method = "", pattern = ""] = id.split(/ (.*)/s);
  return {
    id,
    method,
    pattern,
    authenticates,
    ...(variant !== undefined && { variant }),
    ...(limitedFurther && { limitedFurther }),
  };
}
