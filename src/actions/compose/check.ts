import { suggest } from "../../schema/suggest.ts";
import type { CompiledCompose } from "./compiled.ts";
import { findCycles, isRoot, ROOTS, type Use, usesOf } from "./plan.ts";

/** A mistake in a composition. */
export interface Finding {
  /** Keys below the `compose` value, as the user wrote them. */
  readonly path: readonly string[];
  readonly reason: string;
  readonly suggestion?: string;
}

/** Finds what concerns several steps at once: names, references, cycles, groups. Empty where all is well. */
export function check({ steps, merge }: CompiledCompose): readonly Finding[] {
  const names = steps.map(({ name }) => name);
  const findings: Finding[] = [];
  for (const step of steps) {
    const { name } = step;
    if (isRoot(name)) {
      findings.push({
        path: ["steps", name],
        reason: `the step's name hides the references {${name}.…}`,
        suggestion: `Give it another name, such as "${name}Part".`,
      });
    }
    const known = [...ROOTS, ...names.filter((other) => other !== name)];
    for (const { path, reference } of usesOf(step)) {
      const [root] = reference;
      if (isRoot(root) || names.includes(root)) continue;
      findings.push({
        path: ["steps", name, ...path],
        reason: `{${reference.join(".")}} is neither of the request nor of a step`,
        suggestion: suggest(root, known) ?? `Known here: ${known.join(", ")}.`,
      });
    }
  }
  for (const cycle of findCycles(steps.map(({ after }) => after))) {
    const trail = cycle.map((index) => names[index]!);
    findings.push({
      path: ["steps", trail[0]!],
      reason: `the steps wait for one another: ${trail.join(" → ")}`,
    });
  }
  return [...findings, ...checkGroups(steps, merge !== undefined)];
}

function checkGroups(steps: CompiledCompose["steps"], merges: boolean): readonly Finding[] {
  return steps.flatMap(({ name, group }, index) => {
    if (group === undefined) return [];
    const path = ["steps", name, "group"];
    if (merges)
      return [{ path, reason: "has no effect beside a merge function", suggestion: "let merge place it" }];
    const earlier = steps.slice(0, index).find((other) => other.group === group);
    return earlier === undefined
      ? []
      : [{ path, reason: `"${group}" is the group of "${earlier.name}" already` }];
  });
}

/** References to the request itself, for the checks that all actions share: parameters, identity, cache key. */
export function requestReferences({
  steps,
}: CompiledCompose): ReadonlyArray<Pick<Use, "path" | "reference">> {
  return steps.flatMap((step) =>
    usesOf(step)
      .filter(({ reference: [root] }) => isRoot(root))
      .map(({ path, reference }) => ({ path: ["steps", step.name, ...path], reference })),
  );
}
