import * as z from "zod";
import { parseNetwork } from "../http/network.ts";
import type { ExemptOptions } from "../limits/options.ts";
import type { Exempt } from "../limits/ruling.ts";
import type { RouteFacts } from "../policies/policy.ts";
import { missing, pathsOf } from "./check-paths.ts";
import { createExemption } from "./exemption.ts";
import { expressionSchema } from "./expression-schema.ts";
import type { Expression } from "./language/expression.ts";

const MOST_NETWORKS = 100;

/** Schema of {@link ExemptOptions}; build only. Networks become a part of the expression. */
export function exemptionSchema(): z.ZodType<Exempt, ExemptOptions> {
  const network = z.string().transform((text, ctx) => {
    const parsed = parseNetwork(text);
    if (parsed !== undefined) return parsed;
    ctx.addIssue({ code: "custom", message: 'must be a network such as "192.0.2.0/24" or "2001:db8::/32"' });
    return z.NEVER;
  });
  return z
    .strictObject({
      networks: z.array(network).min(1).max(MOST_NETWORKS).readonly().optional(),
      when: expressionSchema().optional(),
    })
    .transform(({ networks, when }, ctx) => {
      const ways: Expression[] = [
        ...(networks === undefined ? [] : [{ address: ["request", "address"], networks } as const]),
        ...(when === undefined ? [] : [when]),
      ];
      const [only, ...others] = ways;
      if (only === undefined) {
        ctx.addIssue({ code: "custom", message: "names neither `networks` nor `when`: nobody is exempt" });
        return z.NEVER;
      }
      const either: Expression = others.length === 0 ? only : { or: ways };
      const needsIdentity = pathsOf(either).some(([root]) => root === "identity");
      return { when: either, needsIdentity, create: createExemption };
    });
}

/** What is wrong with who is exempt on a route, and what to write instead. Build only. */
export function checkExemption({ exempt }: { readonly exempt?: Exempt | undefined }, facts: RouteFacts) {
  if (exempt === undefined) return [];
  const found = pathsOf(exempt.when).flatMap((path) => missing(path, facts));
  return found.map((mistake) => ({ path: ["exempt", "when"], ...mistake }));
}
