import type { CheckedMeter } from "../../metering/meter.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import { calledUpstreams } from "./called-upstreams.ts";
import type { CheckedRoute } from "./check-routes.ts";

/** What runs functions, which may call any upstream. */
const FUNCTIONS: readonly string[] = ["handler", "hooks"];

/**
 * Whether what a route's rate limits have given may have to be given back, because something behind them refuses by
 * limits too: a policy, or an upstream that is called.
 * @param upstreams all that functions may call
 */
export function limitsFurther(
  { policies, action }: Pick<CheckedRoute, "policies" | "action">,
  upstreams: readonly UpstreamDeclaration[],
): boolean {
  const runsFunctions = [action, ...policies].some(({ name }) => FUNCTIONS.includes(name));
  const called = runsFunctions ? upstreams : calledUpstreams(action);
  return (
    called.some(refusesByLimits) ||
    policies.some(
      ({ name, options }) =>
        name === "quota" ||
        name === "concurrency" ||
        (name === "meter" && (options as CheckedMeter<unknown>).prepaid !== undefined),
    )
  );
}

/** Where its options are unsound, the check says so elsewhere. */
function refusesByLimits({ options }: UpstreamDeclaration): boolean {
  return [options?.concurrency, options?.shed].some(
    (limit) => limit !== undefined && limit?.mode !== "report",
  );
}
