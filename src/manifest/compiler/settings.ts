import * as z from "zod";
import { checkParamPattern } from "../../match/param-pattern.ts";
import { type PathPattern, parsePathPattern } from "../../match/pattern.ts";
import { duration } from "../../schema/duration.ts";
import { mode } from "../../schema/mode.ts";
import { whenSchema } from "./check-when.ts";

/** Schemas of what a route says beside policies and its action. */
export const routeSettings = {
  summary: () => z.string(),
  when: whenSchema,
  deadline: () => duration({ min: "1ms", max: "5m" }),
} as const;

/** Settings that a group or the gateway's defaults may give. */
export const INHERITED_SETTINGS = ["deadline"] as const;

/** Schema of the gateway's own options; defaults, rules and groups are looked at one by one. */
export const gatewaySchema = () =>
  z.strictObject({
    defaults: z.unknown().optional(),
    require: z.unknown().optional(),
    routes: z.unknown().optional(),
    stores: z
      .strictObject({
        counters: z.enum(["auto", "durable-objects", "upstash", "memory"]).default("auto"),
        responses: z.enum(["cache-api", "memory"]).default("cache-api"),
      })
      .default({ counters: "auto", responses: "cache-api" }),
    paths: z
      .strictObject({
        trailingSlash: z.enum(["strict", "ignore", "redirect"]).default("strict"),
        case: z.enum(["sensitive", "insensitive"]).default("sensitive"),
      })
      .prefault({}),
    workersPlan: z.enum(["free", "paid"]).default("free"),
  });

/** Schema of a `require` rule; its access is judged like any other. */
export const ruleSchema = () =>
  z.strictObject({
    match: z.string().superRefine((match, ctx) => {
      const pattern = parsePathPattern(match);
      const wrong = "error" in pattern ? pattern.error : slowInAnyCase(pattern);
      if (wrong !== undefined) ctx.addIssue({ code: "custom", message: wrong });
    }),
    access: z
      .unknown()
      .optional()
      .refine((access) => access !== "public", "a rule can only add: name a credential")
      .refine(
        (access) => !isRecord(access) || !("rule" in access || "mode" in access),
        "a rule on trial says `mode` beside `match`, and its access is the rule itself",
      ),
    mode: mode(),
  });

/** A rule takes its path in any case, and so must its parameters' patterns. */
function slowInAnyCase({ segments }: PathPattern): string | undefined {
  for (const segment of segments) {
    if (segment.kind !== "param" || segment.pattern === undefined) continue;
    const reason = checkParamPattern(segment.pattern, "iu");
    if (reason !== undefined)
      return `in any case, as a rule takes it, the pattern of ":${segment.name}" ${reason}`;
  }
  return undefined;
}

/** Schema of a group of routes: what defineRoutes() made. */
export const groupSchema = () => {
  const plain = z.custom<Readonly<Record<string, unknown>>>(isRecord, "is an object");
  return z
    .custom(
      (value) => isRecord(value) && value.kind === "routes",
      "is a group of routes: what defineRoutes() made",
    )
    .pipe(z.strictObject({ kind: z.unknown(), group: plain, routes: plain }));
};

/** Whether a value has keys to look at. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
