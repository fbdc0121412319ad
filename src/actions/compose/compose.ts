import type { KeyedContext } from "../../context.ts";
import type { Tools } from "../../policies/policy.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { Action } from "../action.ts";
import type { CompiledCompose } from "./compiled.ts";
import { execute } from "./execute.ts";
import { mergeInOrder } from "./merge.ts";
import { cacheRestrictions, formatParts, type Part } from "./part.ts";
import { compileSteps } from "./runnable-step.ts";

export { check, requestReferences } from "./check.ts";
export { worstCase } from "./plan.ts";
export { options } from "./schema.ts";

/** Several answers into one: runs the steps and merges their parts. */
export function create(options: CompiledCompose<Upstream>, { deps, dispatch }: Tools): Action {
  const steps = compileSteps(options.steps, dispatch);
  const merge = options.merge as ((values: unknown) => unknown) | undefined;
  return async (ctx) => {
    const outcome = await execute(steps, ctx, deps.now);
    if ("passed" in outcome) return passOn(outcome.passed);
    const { parts, values } = outcome;
    return answer(merge === undefined ? mergeInOrder(steps, values) : await merge(values), parts, ctx);
  };
}

function answer(merged: unknown, parts: readonly Part[], ctx: KeyedContext): Response {
  const text = JSON.stringify(merged);
  if (text === undefined) throw new TypeError("merge returned nothing that is JSON");
  const headers = new Headers({ "content-type": "application/json" });
  const failed = parts.filter(({ refusal }) => refusal !== undefined);
  if (failed.length > 0) {
    headers.set("isogate-parts", formatParts(parts));
    headers.set("cache-control", "no-store");
    note(failed, ctx);
  } else {
    restrict(headers, parts);
  }
  return new Response(text, { headers });
}

/** A part's answer as the whole one: its own fields stay behind, as those of all parts do. */
function passOn({ status, body, headers: origin }: Response): Response {
  const headers = new Headers();
  const type = origin.get("content-type");
  if (type !== null) headers.set("content-type", type);
  restrict(headers, [{ cacheControl: origin.get("cache-control") }]);
  return new Response(body, { status, headers });
}

function restrict(headers: Headers, parts: ReadonlyArray<Pick<Part, "cacheControl">>): void {
  const restrictions = cacheRestrictions(parts);
  if (restrictions !== "") headers.set("cache-control", restrictions);
}

function note(failed: readonly Part[], { record }: KeyedContext): void {
  record.notes ??= [];
  for (const { name, refusal } of failed) {
    const cause = refusal?.details.cause;
    record.notes.push(`part ${name} failed: ${refusal?.code}${cause === undefined ? "" : ` (${cause})`}`);
  }
}
