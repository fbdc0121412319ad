import * as z from "zod";
import { isHopByHop } from "../../http/hop-by-hop.ts";
import { duration } from "../../schema/duration.ts";
import { template } from "../../schema/template.ts";
import { upstreamSchema } from "../../schema/upstream.ts";
import { bodyTemplate } from "./body-template.ts";
import type { CompiledCompose } from "./compiled.ts";
import type { ComposeDeclaration } from "./declare.ts";
import { planSteps, type UnplannedStep } from "./plan.ts";

/** @returns the schema of a {@link ComposeDeclaration}. What concerns several steps at once, `check` finds. */
export function options() {
  const schema: z.ZodType<CompiledCompose, ComposeDeclaration> = z
    .strictObject({
      kind: z.literal("compose"),
      steps: z
        .record(stepName(), stepSchema())
        .refine((steps) => Object.keys(steps).length > 0, "has at least one step"),
      options: z.strictObject({
        merge: z
          .custom<(parts: never) => unknown>((value) => typeof value === "function", "is a function")
          .optional(),
        partial: z.enum(["allow", "deny"]).default("allow"),
      }),
    })
    .transform(({ steps, options: { merge, partial } }) => {
      const unplanned = Object.entries(steps).map(([name, { optional, ...step }]) => ({
        name,
        optional: optional && partial === "allow",
        ...step,
      }));
      const after = planSteps(unplanned);
      return { merge, steps: unplanned.map((step, index) => ({ ...step, after: after[index]! })) };
    });
  return schema;
}

function stepSchema() {
  return z
    .strictObject({
      upstream: upstreamSchema().optional(),
      path: target().optional(),
      route: target().optional(),
      method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).optional(),
      headers: z.record(headerName(), template()).default({}),
      query: z.record(z.string().min(1), template()).default({}),
      body: z.json().transform(bodyTemplate).optional(),
      timeout: duration({ min: "1ms" }).optional(),
      target: dotted().optional(),
      pick: z.array(dotted()).min(1).readonly().optional(),
      omit: z.array(dotted()).min(1).readonly().optional(),
      rename: z.record(z.string(), memberName()).transform(splitRenames).optional(),
      group: memberName().optional(),
      optional: z.boolean().default(false),
      fallback: z.json().optional(),
      passStatus: z.array(z.number().int().min(400).max(599)).readonly().default([]),
    })
    .superRefine((step, ctx) => {
      const refuse = (key: string, message: string) => ctx.addIssue({ code: "custom", path: [key], message });
      if ((step.upstream === undefined) === (step.route === undefined)) {
        refuse("upstream", "takes exactly one of upstream (with path) and route");
      } else if ((step.upstream === undefined) !== (step.path === undefined)) {
        refuse("path", "stands where upstream stands, and only there");
      }
      if (step.body !== undefined && step.method === "GET") refuse("body", "a GET has none");
      if (step.fallback !== undefined && !step.optional) refuse("fallback", "only for an optional step");
      if (step.passStatus.length > 0 && step.optional) refuse("passStatus", "only for a required step");
    })
    .transform(
      ({ path, route, method, headers, query, target, pick, omit, rename, ...rest }): UnnamedStep => ({
        ...rest,
        path: (path ?? route)!,
        method: method ?? (rest.body === undefined ? "GET" : "POST"),
        headers: Object.entries(headers),
        query: Object.entries(query),
        shape: { target, pick, omit, rename },
      }),
    );
}

type UnnamedStep = Omit<UnplannedStep, "name" | "upstream"> &
  Pick<CompiledCompose["steps"][number], "upstream">;

/** A token of RFC 9651, and never a number, which JavaScript would move to the front of the declaration order. */
function stepName() {
  return z.string().regex(/^[A-Za-z][\w-]*$/, "begins with a letter; then letters, digits, _ and -");
}

function target() {
  return z
    .string()
    .regex(/^\/(?![/\\])[^#\\\s]*$/, "begins with one / and has no #, \\ or white space")
    .pipe(template());
}

function headerName() {
  return z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]+$/, "is no header name")
    .refine((name) => {
      const lower = name.toLowerCase();
      return !isHopByHop(lower) && lower !== "host" && lower !== "content-length";
    }, "is made for each connection and cannot be set");
}

function memberName() {
  return z
    .string()
    .min(1)
    .refine((name) => name !== "__proto__", "cannot be used as a name");
}

function dotted() {
  return z.string().transform(splitDotted);
}

function splitDotted(path: string, ctx: z.RefinementCtx): readonly string[] {
  const keys = path.split(".");
  if (keys.includes("") || keys.includes("__proto__")) {
    ctx.addIssue({
      code: "custom",
      message: `${JSON.stringify(path)} is no path: write keys joined by dots`,
    });
  }
  return keys;
}

function splitRenames(names: Readonly<Record<string, string>>, ctx: z.RefinementCtx) {
  return Object.entries(names).map(([from, to]) => [splitDotted(from, ctx), to] as const);
}
