import * as z from "zod";
import { METHODS } from "../match/pattern.ts";
import { mode } from "../schema/mode.ts";
import { askSchema, type CompiledAsk } from "./ask/schema.ts";
import type { Effect, Rule } from "./decide.ts";
import { expressionSchema } from "./expression-schema.ts";
import type { Expression, Scalar } from "./language/expression.ts";
import type { AuthorizeOptions, AuthorizeRule } from "./options.ts";

/** {@link AuthorizeOptions}, compiled. */
export interface CompiledAuthorize {
  readonly rules: ReadonlyArray<Rule<CompiledAsk>>;
  readonly mode: NonNullable<AuthorizeOptions["mode"]>;
}

/** A reason is shown to callers as it stands. */
const LONGEST_REASON = 200;
const MOST_RULES = 50;
const EFFECTS = ["allow", "deny", "ask"] as const satisfies readonly Effect[];
const ALWAYS: Expression = { always: true };

/** Schema of {@link AuthorizeOptions}. Build only. */
export function authorizeSchema(): z.ZodType<CompiledAuthorize, AuthorizeOptions> {
  return z.strictObject({
    rules: z
      .array(ruleSchema())
      .min(1)
      .max(MOST_RULES)
      .superRefine((rules, ctx) => {
        const last = rules.findIndex(({ when, methods }) => when === ALWAYS && methods === undefined);
        if (last < 0 || last === rules.length - 1) return;
        const message = `is never asked: rules.${last} has no conditions, so it decides every request`;
        ctx.addIssue({ code: "custom", path: [last + 1], message });
      }),
    mode: mode(),
  });
}

function ruleSchema(): z.ZodType<Rule<CompiledAsk>, AuthorizeRule> {
  const names = z.array(z.string().min(1)).min(1);
  const scalar = z.union([z.string(), z.number(), z.boolean()], {
    error: "must be a string, number or boolean, or a list of them",
  });
  return z
    .strictObject({
      allow: z.literal(true).optional(),
      deny: z.literal(true).optional(),
      ask: askSchema().optional(),
      methods: z
        .array(z.enum(METHODS).exclude(["ANY"]))
        .min(1)
        .optional(),
      scopes: names.optional(),
      roles: names.optional(),
      claims: z.record(z.string(), z.union([scalar, z.array(scalar).min(1)])).optional(),
      when: expressionSchema().optional(),
      reason: z.string().min(1).max(LONGEST_REASON).optional(),
    })
    .transform(({ methods, reason, ask, ...rule }, ctx) => {
      const [effect, ...others] = EFFECTS.filter((each) => (each === "ask" ? ask !== undefined : rule[each]));
      if (effect === undefined || others.length > 0) {
        ctx.addIssue({ code: "custom", message: "says one of allow: true, deny: true and ask: {…}" });
        return z.NEVER;
      }
      return {
        effect,
        when: conditionsOf(rule),
        ...(methods !== undefined && { methods: withHead(methods) }),
        ...(reason !== undefined && { reason }),
        ...(ask !== undefined && { ask }),
      };
    });
}

/** A HEAD that a GET route answers tells what GET would. */
function withHead(methods: readonly string[]): string[] {
  return methods.includes("GET") ? [...new Set([...methods, "HEAD"])] : [...methods];
}

type Conditions = Pick<AuthorizeRule, "scopes" | "roles" | "claims"> & { readonly when?: Expression };

/** All the conditions of a rule as one expression. */
function conditionsOf({ scopes = [], roles, claims = {}, when }: Conditions): Expression {
  const has = (field: string, value: string): Expression => ({
    compare: "has",
    left: { path: ["identity", field] },
    right: { value },
  });
  const all: Expression[] = [
    ...scopes.map((scope) => has("scopes", scope)),
    ...(roles === undefined ? [] : [{ or: roles.map((role) => has("roles", role)) }]),
    ...Object.entries(claims).map(([name, wanted]) => ({ or: [wanted].flat().flatMap(claimIs(name)) })),
    ...(when === undefined ? [] : [when]),
  ];
  if (all.length === 0) return ALWAYS;
  return all.length === 1 ? all[0]! : { and: all };
}

function claimIs(name: string): (value: Scalar) => Expression[] {
  const left = { path: ["identity", "claims", name] } as const;
  return (value) => [
    { compare: "==", left, right: { value } },
    { compare: "has", left, right: { value } },
  ];
}
