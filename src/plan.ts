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

/** Makes a policy or action from its name and (revived) options. */
export interface Workshop {
  policy(name: string, options: unknown, tools: Tools): Policy;
  action(name: string, options: unknown, tools: Tools): Action;
}

/** Configures a route's policies and action. */
export function createPlan(route: RouteBlueprint, workshop: Workshop, shared: SharedTools): Plan {
  const facts: RouteFacts = {
    id: route.id,
    method: route.method,
    pattern: route.pattern,
    authenticates: route.authenticates,
  };
  const tools: Tools = { ...shared, route: facts };
  return {
    facts,
    deadline: route.deadline,
    websocket: route.websocket,
    road: layRoad(route.policies.map(([name, options]) => workshop.policy(name, options, tools))),
    action: workshop.action(route.action[0], route.action[1], tools),
  };
}
