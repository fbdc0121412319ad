import type { actions } from "../../actions/registry.ts";
import { calledUpstreams } from "./called-upstreams.ts";
import type { CheckedPolicy } from "./check-policies.ts";
import type { CheckedRoute } from "./check-routes.ts";
import type { Findings } from "./finding.ts";

/** Actions that can answer with a WebSocket. */
const ANSWERING: ReadonlyArray<keyof typeof actions> = ["forward", "handler"];

/** Reports what a route cannot do beside speaking WebSocket. */
export function checkWebSocket(
  policies: readonly CheckedPolicy[],
  action: CheckedRoute["action"],
  place: Findings,
): void {
  const has = (wanted: CheckedPolicy["name"]) => policies.some(({ name }) => name === wanted);
  if (!has("websocket")) return;
  const at = place.at("websocket");
  if (has("cache")) {
    at.add("a WebSocket cannot be cached", "Take `cache` away from the route or its group.");
  }
  if (!ANSWERING.includes(action.name)) {
    at.add(`${action.name} cannot answer with a WebSocket`, `Use ${ANSWERING.join(" or ")}.`);
  }
  for (const { name, options } of calledUpstreams(action)) {
    if (options?.concurrency === undefined || options.concurrency?.until === "headers") continue;
    at.add(
      `a WebSocket has no body until whose end the upstream "${name}" could count it`,
      'Give the upstream concurrency: { until: "headers" }, or the route an upstream of its own.',
    );
  }
}
