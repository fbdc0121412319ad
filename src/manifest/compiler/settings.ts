import * as z from "zod";
import { parsePathPattern } from "../../match/pattern.ts";
import { duration } from "../../schema/duration.ts";
import { headerName } from "../../schema/header.ts";
import { mode } from "../../schema/mode.ts";

const presence = (name: z.ZodType<string, string>) => z.record(name, z.union([z.string(), z.literal(true)]));

/** Schema of `when`. */
export const whenSchema = () =>
  z.strictObject({
    host: z
      .string()
      .regex(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$/, "is a host name in lower case, or *. and a host name")
      .optional(),
    header: presence(headerName()).optional(),
    query: presence(z.string()).optional(),
    cookie: presence(z.string()).optional(),
    content: z
      .string()
      .regex(/^[^/\s]+\/[^/\s]+$/, "is a media type such as application/json or image/*")
      .optional(),
  });

/** Schemas of what a route says beside policies and its action. */
export const routeSettings = {
  summary: () => z.string(),
  when: whenSchema,
  deadline: () => duration({ min: "1ms", max: "5m" }),
  websocket: () => z.boolean(),
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
        counters: z.enum(["auto", "memory"]).default("auto"),
        responses: z.enum(["cache-api", "memory"]).default("cache-api"),
      })
      .default({ counters: "auto", responses: "cache-api" }),
    workersPlan: z.enum(["free", "paid"]).default("free"),
  });

/** Schema of a `require` rule; its access is judged like any other. */
export const ruleSchema = () =>
  z.strictObject({
    match: z.string().superRefine((match, ctx) => {
      const pattern = parsePathPattern(match);
      if ("error" in pattern) ctx.addIssue({ code: "custom", message: pattern.error });
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
