import type { CompiledCompose } from "../../src/actions/compose/compiled.ts";
import type { TracedCall } from "../../src/explain/traced.ts";
import type { UpstreamBlueprint } from "../../src/manifest/blueprint.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";

/**
 * As what the upstream of a call may refuse it, where it cannot bear all.
 * @param json the upstream's
 * @param route whose call it is; undefined where it is not this manifest that ran
 */
export function describeShedding(
  { step }: TracedCall,
  json: string | undefined,
  route: CheckedRoute | undefined,
): string[] {
  const shed = json === undefined ? undefined : (JSON.parse(json) as UpstreamBlueprint).shed;
  if (shed === undefined) return [];
  const trial = shed.mode === "report" ? "on trial: " : "";
  return [
    `${trial}it may refuse what it cannot bear${route === undefined ? "" : `, this as ${as(route, step)}`}`,
  ];
}

function as({ policies, action }: CheckedRoute, name: string | undefined): string {
  const steps = action.name === "compose" ? (action.options as CompiledCompose).steps : [];
  if (steps.find((step) => step.name === name)?.optional) return "an optional step";
  const priority = policies.find((policy) => policy.name === "priority")?.options as string | undefined;
  return priority ?? "normal";
}
