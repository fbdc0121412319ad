import { CONNECTION_SLOTS } from "../../budget.ts";
import type { Place } from "../../references/render.ts";
import type { Reference, ReferenceScope, Template } from "../../references/template.ts";
import type { BodyTemplate, CompiledStep } from "./compiled.ts";

/** A step before it is known which others it waits for. */
export type UnplannedStep = Omit<CompiledStep<unknown>, "after">;

/** A reference, where in the step it stands, as keys below the step, and where its value lands. */
export interface Use {
  readonly path: readonly string[];
  readonly place: Place;
  readonly reference: Reference;
}

/** What a reference may begin with beside the name of a step. */
export const ROOTS = ["params", "query", "headers", "identity", "request"] as const satisfies ReadonlyArray<
  keyof ReferenceScope
>;

/** Whether a reference's root is the request's, and so no step. */
export function isRoot(root: string): boolean {
  return (ROOTS as readonly string[]).includes(root);
}

/** What a composition costs when every step runs. A route step counts as one; its route's own come on top. */
export interface WorstCase {
  readonly subrequests: number;
  /** Round trips in a row, were all equally long: the platform lets six wait for headers at once. */
  readonly rounds: number;
}

/** Finds the steps, by index, that each step has to wait for: those that its references name. */
export function planSteps(steps: readonly UnplannedStep[]): ReadonlyArray<readonly number[]> {
  const indexes = new Map(steps.map(({ name }, index) => [name, index]));
  return steps.map((step) => {
    const named = usesOf(step).map(({ reference }) => indexes.get(reference[0]));
    return [...new Set(named)].filter((index) => index !== undefined);
  });
}

/** Every reference of a step. */
export function usesOf(step: UnplannedStep): readonly Use[] {
  const pairs = (key: string, place: Place, entries: UnplannedStep["headers"]) =>
    entries.flatMap(([name, value]) => inTemplate([key, name], place, value));
  return [
    ...inTarget([step.upstream === undefined ? "route" : "path"], step.path),
    ...pairs("query", "query", step.query),
    ...pairs("headers", "header", step.headers),
    ...(step.body === undefined ? [] : inBody(["body"], step.body)),
  ];
}

function inTemplate(path: readonly string[], place: Place, { template }: Template): readonly Use[] {
  return template.flatMap((part) => (typeof part === "string" ? [] : [{ path, place, reference: part }]));
}

function inTarget(path: readonly string[], { template }: Template): readonly Use[] {
  const query = template.findIndex((part) => typeof part === "string" && part.includes("?"));
  if (query < 0) return inTemplate(path, "path", { template });
  return [
    ...inTemplate(path, "path", { template: template.slice(0, query) }),
    ...inTemplate(path, "query", { template: template.slice(query) }),
  ];
}

function inBody(path: readonly string[], body: BodyTemplate): readonly Use[] {
  if ("template" in body) return inTemplate(path, "text", body);
  if ("items" in body) return body.items.flatMap((item, index) => inBody([...path, String(index)], item));
  if ("members" in body) return body.members.flatMap(([key, member]) => inBody([...path, key], member));
  return [];
}

/** Finds steps that wait for one another. @returns each cycle as indexes, its first step again at its end. */
export function findCycles(after: ReadonlyArray<readonly number[]>): ReadonlyArray<readonly number[]> {
  const cycles: number[][] = [];
  const done = new Set<number>();
  const trail: number[] = [];
  const visit = (index: number) => {
    if (done.has(index)) return;
    const met = trail.indexOf(index);
    if (met >= 0) {
      cycles.push([...trail.slice(met), index]);
      return;
    }
    trail.push(index);
    for (const next of after[index] ?? []) visit(next);
    trail.pop();
    done.add(index);
  };
  for (const index of after.keys()) visit(index);
  return cycles;
}

/** Counts subrequests and rounds of six. Steps must be free of cycles. */
export function worstCase(steps: ReadonlyArray<Pick<CompiledStep<unknown>, "after">>): WorstCase {
  const done = new Set<number>();
  let rounds = 0;
  while (done.size < steps.length) {
    const ready = [...steps.keys()].filter(
      (index) => !done.has(index) && steps[index]!.after.every((needed) => done.has(needed)),
    );
    if (ready.length === 0) break;
    for (const index of ready.slice(0, CONNECTION_SLOTS)) done.add(index);
    rounds++;
  }
  return { subrequests: steps.length, rounds };
}
