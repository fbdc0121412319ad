import type { actions } from "../../actions/registry.ts";
import type { CheckedPolicy } from "./check-policies.ts";
import type { Findings } from "./finding.ts";

/** Actions that can answer with a WebSocket. */
const ANSWERING: ReadonlyArray<keyof typeof actions> = ["forward", "handler"];

/** Reports what a route cannot do beside speaking WebSocket. */
export function checkWebSocket(
  policies: readonly CheckedPolicy[],
  action: keyof typeof actions,
  place: Findings,
): void {
  const has = (wanted: CheckedPolicy["name"]) => policies.some(({ name }) => name === wanted);
  if (!has("websocket")) return;
  const at = place.at("websocket");
  if (has("cache")) {
    at.add("a WebSocket cannot be cached", "Take `cache` away from the route or its group.");
  }
  if (!ANSWERING.includes(action)) {
    at.add(`${action} cannot answer with a WebSocket`, `Use ${ANSWERING.join(" or ")}.`);
  }
}
