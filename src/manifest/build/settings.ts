import * as z from "zod";
import { isCredential } from "../../identity/declare.ts";
import { duration } from "../../schema/duration.ts";

const presence = z.record(z.string(), z.union([z.string(), z.literal(true)]));

/** Schema of `when`. */
export const whenSchema = () =>
  z.strictObject({
    host: z
      .string()
      .regex(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$/, "is a host name in lower case, or *. and a host name")
      .optional(),
    header: presence.optional(),
    query: presence.optional(),
    cookie: presence.optional(),
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

/** Schema of the gateway's own options; routes are looked at one by one. */
export const gatewaySchema = () =>
  z.strictObject({
    defaults: z.record(z.string(), z.unknown()).optional(),
    require: z
      .array(
        z.strictObject({
          match: z.string().startsWith("/", "is a path pattern that begins with a slash"),
          access: z.custom(
            (value) => isCredential(value) || isRule(value),
            "is a credential, anyOf(…) or allOf(…)",
          ),
        }),
      )
      .default([]),
    routes: z.array(z.custom((value) => isGroup(value), "is a group that defineRoutes() made")),
    stores: z
      .strictObject({
        counters: z.enum(["auto", "memory"]).default("auto"),
        responses: z.enum(["cache-api", "memory"]).default("cache-api"),
      })
      .default({ counters: "auto", responses: "cache-api" }),
    workersPlan: z.enum(["free", "paid"]).default("free"),
  });

function isRule(value: unknown): boolean {
  return typeof value === "object" && value !== null && ("anyOf" in value || "allOf" in value);
}

function isGroup(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "routes";
}
