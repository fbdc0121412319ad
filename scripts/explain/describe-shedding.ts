import type { CompiledCompose } from "../../src/actions/compose/compiled.ts";
import type { UpstreamConcurrency } from "../../src/concurrency/limit.ts";
import type { TracedCall } from "../../src/explain/traced.ts";
import type { UpstreamBlueprint } from "../../src/manifest/blueprint.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import type { Mode } from "../../src/observe/report.ts";
import { formatTime } from "./layout.ts";

/**
 * How many calls at once the upstream of a call takes, and as what it may refuse this one where it cannot bear all.
 * @param json the upstream's
 * @param route whose call it is; undefined where it is not this manifest that ran
 */
export function describeShedding(
  { step }: TracedCall,
  json: string | undefined,
  route: CheckedRoute | undefined,
): string[] {
  if (json === undefined) return [];
  const { concurrency, shed } = JSON.parse(json) as UpstreamBlueprint;
  return [
    ...(concurrency === undefined ? [] : [`${onTrial(concurrency.mode)}${atOnce(concurrency)}`]),
    ...(shed === undefined
      ? []
      : [
          `${onTrial(shed.mode)}it may refuse what it cannot bear` +
            (route === undefined ? "" : `, this as ${as(route, step)}`),
        ]),
  ];
}

function atOnce({ limit, scope, queue }: UpstreamConcurrency): string {
  const where = scope === "global" ? "" : " from each isolate";
  const waiting = queue.size === 0 ? "" : ` while ${queue.size} more may wait ${formatTime(queue.wait)}`;
  return `it takes ${limit} at once${where}${waiting}`;
}

function onTrial(mode: Mode): string {
  return mode === "report" ? "on trial: " : "";
}

function as({ policies, action }: CheckedRoute, name: string | undefined): string {
  const steps = action.name === "compose" ? (action.options as CompiledCompose).steps : [];
  if (steps.find((step) => step.name === name)?.optional) return "an optional step";
  const priority = policies.find((policy) => policy.name === "priority")?.options as string | undefined;
  return priority ?? "normal";
}
