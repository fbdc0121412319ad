import { RefusalError, refuse } from "../../errors/refusal.ts";
import { compile } from "../../references/render.ts";
import { resolve } from "../../references/resolve.ts";
import type { ReferenceScope } from "../../references/template.ts";
import { isRoot, type UnplannedStep, type Use, usesOf } from "./plan.ts";

type Need = (scope: ReferenceScope) => void;

/**
 * Compiles what must be there before a step is sent. A template takes a missing value for empty, and
 * `?user=` may well list everybody's orders: so values of other steps and of the identity have to exist. Where a
 * part's value cannot stand in its place, that is the part's fault; any other would be the caller's.
 * @returns a function that throws RefusalError `upstream-invalid` for a part, `unusable-value` for the identity
 */
export function compileNeeds(step: UnplannedStep): Need {
  const needs = usesOf(step).flatMap((use) => {
    const [root] = use.reference;
    if (root === "identity") return [identityNeed(use)];
    return isRoot(root) ? [] : [partNeed(use)];
  });
  return (scope) => {
    for (const need of needs) need(scope);
  };
}

function identityNeed({ reference, place }: Use): Need {
  const detail = `The credential has no {${reference.join(".")}}.`;
  return (scope) => {
    if (isMissing(resolve(reference, scope), place))
      throw new RefusalError(refuse("unusable-value", { detail }));
  };
}

function partNeed({ reference, place }: Use): Need {
  const render = compile({ template: [reference] }, place);
  const name = `{${reference.join(".")}}`;
  return (scope) => {
    if (isMissing(resolve(reference, scope), place)) {
      throw new RefusalError(refuse("upstream-invalid", { cause: `no part gave ${name}` }));
    }
    try {
      if (place !== "text") render(scope);
    } catch {
      throw new RefusalError(refuse("upstream-invalid", { cause: `${name} cannot stand in a ${place}` }));
    }
  };
}

/** Only JSON has a null. */
function isMissing(value: unknown, place: Use["place"]): boolean {
  return value === undefined || (value === null && place !== "text");
}
