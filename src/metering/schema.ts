import * as z from "zod";
import type { MeterOptions } from "../policies/personalise/meter.ts";
import { absolutePath } from "../schema/absolute-path.ts";
import { duration } from "../schema/duration.ts";
import { mode } from "../schema/mode.ts";
import { upstreamSchema } from "../schema/upstream.ts";
import type { UpstreamDeclaration } from "../upstream/declare.ts";
import type { CheckedMeter } from "./meter.ts";

const HOW_VALUE =
  'must be a whole number from 1, or "response.headers.<name>", "query.<name>", "headers.<name>", "params.<name>" or "identity.claims.<name>"';
const HOW_DIMENSION =
  'must be "route.id", "request.method", "response.status", "response.headers.<name>", "identity.plan", "identity.consumer", "identity.id", "identity.claims.<name>", "params.<name>", "query.<name>" or "headers.<name>"';
const HOW_BY = 'must be "identity.consumer", "identity.id", "identity.subject" or "identity.claims.<name>"';

/** Schema of {@link MeterOptions}; build only. */
export function meterSchema(): z.ZodType<CheckedMeter<UpstreamDeclaration>, MeterOptions> {
  const named = z.string().regex(/^[A-Za-z0-9_$-][A-Za-z0-9_.$-]*$/, "is no name");
  const claim = z.templateLiteral(["identity.claims.", named]);
  const values = [
    claim,
    z.templateLiteral(["response.headers.", named]),
    z.templateLiteral(["headers.", named]),
    z.templateLiteral(["params.", named]),
    z.templateLiteral(["query.", named]),
  ] as const;
  const units = z.int().min(1).max(1_000_000_000);
  const dimension = z.union(
    [
      z.enum([
        "route.id",
        "request.method",
        "response.status",
        "identity.plan",
        "identity.consumer",
        "identity.id",
      ]),
      ...values,
    ],
    { error: HOW_DIMENSION },
  );
  const label = z
    .string()
    .max(64)
    .regex(/^[A-Za-z][A-Za-z0-9._-]*$/, "must be letters, digits, dots, hyphens and underscores");
  return z
    .strictObject({
      event: label,
      value: z.union([units, ...values], { error: HOW_VALUE }).default(1),
      dimensions: z
        .record(label, dimension)
        .default({})
        .refine((dimensions) => Object.keys(dimensions).length <= 8, "must be at most 8"),
      by: z
        .union([z.enum(["identity.consumer", "identity.id", "identity.subject"]), claim], { error: HOW_BY })
        .optional(),
      when: z
        .strictObject({ errors: z.boolean().default(false), hits: z.boolean().default(true) })
        .default({ errors: false, hits: true }),
      durable: z.boolean().default(false),
      to: z.strictObject({
        upstream: upstreamSchema(),
        path: absolutePath(),
        every: duration({ min: "1s", max: "1d" }).default(10_000),
        batch: z.int().min(1).max(1_000).default(500),
      }),
      prepaid: z.strictObject({ reserve: units }).optional(),
      mode: mode(),
    })
    .superRefine(({ value, prepaid, mode }, ctx) => {
      if (prepaid !== undefined && typeof value === "number" && prepaid.reserve !== value)
        ctx.addIssue({
          code: "custom",
          path: ["prepaid", "reserve"],
          message: `must be ${value}: that is what each request costs`,
        });
      if (prepaid === undefined && mode === "report")
        ctx.addIssue({ code: "custom", path: ["mode"], message: "is for `prepaid`: nothing else refuses" });
    })
    .transform(({ dimensions, when, by, prepaid, to: { every, ...to }, ...rest }) => ({
      ...rest,
      ...when,
      by,
      prepaid,
      dimensions: Object.entries(dimensions).map(([name, source]) => ({ name, source })),
      to: { ...to, everyMs: every },
    }));
}
