import * as z from "zod";
import { duration } from "../../schema/duration.ts";
import { parsePart } from "../credentials/schema-parts.ts";
import { createRegistered } from "./registered.ts";
import type { CompiledRegistered, RegisteredOptions } from "./registered-options.ts";

const DEFAULT_STALENESS = { staleness: "30s" };

/** Schema of {@link RegisteredOptions}. Build only. */
export function registeredSchema(): z.ZodType<CompiledRegistered, RegisteredOptions> {
  const timed = z.strictObject({ staleness: duration({ min: "1s", max: "5m" }) });
  return z
    .custom<RegisteredOptions>(
      (value) => value === true || (typeof value === "object" && value !== null),
      "must be true, or an object with staleness",
    )
    .transform((value, ctx) => {
      const { staleness } = parsePart(timed, value === true ? DEFAULT_STALENESS : value, ctx);
      return { staleness, create: createRegistered };
    });
}

/** What of a declaration says which consumer the caller is, and whether that one must be registered. */
interface Naming {
  readonly registered?: unknown;
  readonly consumerClaim?: string | undefined;
  readonly planClaim?: string | undefined;
}

/** Reports what makes nonsense of `registered` where claims say who calls. @param path of what has the claims */
export function checkClaims(
  { registered, consumerClaim, planClaim }: Naming,
  ctx: z.RefinementCtx,
  path: ReadonlyArray<string | number> = [],
): void {
  if (registered === undefined) return;
  const add = (name: string, message: string) =>
    ctx.addIssue({ code: "custom", path: [...path, name], message });
  if (consumerClaim === undefined)
    add("consumerClaim", "is missing: by it registered knows which consumer calls");
  if (planClaim !== undefined) add("planClaim", "cannot stand beside registered: the plan is the registry's");
}

/** Schema of who is which consumer, where the callers are declared by name. Build only. */
export function consumersSchema(): z.ZodType<
  Readonly<Record<string, string>>,
  Readonly<Record<string, string>>
> {
  return z.record(z.string(), z.string().min(1).max(128));
}

/** Reports who is no caller, and who is which consumer is not said of though they must be registered. */
export function checkConsumers(
  { consumers, registered }: { readonly consumers?: object | undefined; readonly registered?: unknown },
  callers: readonly string[],
  ctx: z.RefinementCtx,
): void {
  const named = Object.keys(consumers ?? {});
  const add = (message: string, ...path: string[]) =>
    ctx.addIssue({ code: "custom", path: ["consumers", ...path], message });
  for (const name of named) if (!callers.includes(name)) add("is no caller that is declared", name);
  if (registered === undefined) return;
  const missing = callers.filter((caller) => !named.includes(caller));
  if (missing.length > 0) add(`does not say which registered consumer these are: ${missing.join(", ")}`);
}
