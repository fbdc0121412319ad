import * as z from "zod";
import type { EnvReference } from "../../env.ts";
import { duration } from "../../schema/duration.ts";
import { secretSchema } from "../../schema/secret.ts";
import type { DeclaredShape, ProviderName } from "../signatures/webhook-shapes.ts";
import { oneOrMany, parsePart } from "./schema-parts.ts";
import type { WebhookOptions, WebhookShape } from "./webhook.ts";

/** {@link WebhookOptions}, compiled: times in ms. */
export interface CompiledWebhook {
  readonly provider: ProviderName | DeclaredShape;
  readonly secrets: readonly EnvReference[];
  readonly tolerance: number;
  readonly refuseCopies: boolean;
}

/** Schema of {@link WebhookOptions}. Build only. */
export function webhookSchema(): z.ZodType<CompiledWebhook, WebhookOptions> {
  return z
    .strictObject({
      provider: provider(),
      secret: oneOrMany(secretSchema()),
      tolerance: duration({ min: "1s", max: "1h" }).optional(),
      refuseCopies: z.boolean().optional(),
    })
    .superRefine(({ provider, tolerance, refuseCopies }, ctx) => {
      if (isTimed(provider)) return;
      const report = (path: string) =>
        ctx.addIssue({
          code: "custom",
          path: [path],
          message: "is of no use: these webhooks have no timestamp",
        });
      if (tolerance !== undefined) report("tolerance");
      if (refuseCopies === true) report("refuseCopies");
    })
    .transform(({ provider, secret, tolerance = 300_000, refuseCopies = isTimed(provider) }) => ({
      provider,
      secrets: secret,
      tolerance,
      refuseCopies,
    }));
}

function isTimed(provider: CompiledWebhook["provider"]): boolean {
  return typeof provider === "string" ? provider !== "github" : provider.timestamp !== undefined;
}

function provider(): z.ZodType<ProviderName | DeclaredShape, WebhookOptions["provider"]> {
  const named = z.enum(["stripe", "github", "slack", "standard"]);
  const own = shape();
  return z
    .custom<WebhookOptions["provider"]>()
    .transform((value, ctx): ProviderName | DeclaredShape =>
      typeof value === "object" && value !== null ? parsePart(own, value, ctx) : parsePart(named, value, ctx),
    );
}

function shape(): z.ZodType<DeclaredShape, WebhookShape> {
  const header = z
    .string()
    .regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/i, "must be the name of a header field")
    .transform((name) => name.toLowerCase());
  return z
    .strictObject({
      name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/i, "must be letters, digits and hyphens"),
      signature: z.strictObject({
        header,
        prefix: z
          .string()
          .regex(/^[\x21-\x7e]*$/, "must be visible ASCII")
          .default(""),
        encoding: z.enum(["hex", "base64"]).default("hex"),
      }),
      timestamp: header.optional(),
      id: header.optional(),
      message: z.string().default("{body}"),
      algorithm: z.enum(["sha256", "sha512"]).default("sha256"),
    })
    .superRefine(({ message, timestamp, id }, ctx) => {
      const fault = messageFault(message, { timestamp, id });
      if (fault !== undefined) ctx.addIssue({ code: "custom", path: ["message"], message: fault });
    })
    .transform(({ message, algorithm, ...rest }) => ({
      ...rest,
      hash: algorithm,
      message: message.split(/\{([a-z]+)\}/),
    }));
}

/** What is declared and not signed could be changed by anybody. */
function messageFault(
  message: string,
  declared: Readonly<Record<"timestamp" | "id", string | undefined>>,
): string | undefined {
  const names = [...message.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name!);
  if (names.filter((name) => name === "body").length !== 1) return "must have {body} once";
  for (const name of ["timestamp", "id"] as const) {
    if (declared[name] !== undefined && !names.includes(name))
      return `must have {${name}}, which is declared`;
    if (declared[name] === undefined && names.includes(name)) return `has {${name}}, which is not declared`;
  }
  const unknown = names.find((name) => !["body", "timestamp", "id"].includes(name));
  return unknown === undefined ? undefined : `has {${unknown}}: write {body}, {timestamp} or {id}`;
}
