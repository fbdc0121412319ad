import type { Expression } from "../../authorization/language/expression.ts";
import type { CompiledAuthorize } from "../../authorization/schema.ts";
import { type AccessRule, type CredentialDeclaration, isCredential } from "../../identity/declare.ts";
import type { CheckedRoute } from "./check-routes.ts";
import { grantsOf, type Right } from "./grants-of.ts";

const RIGHTS: readonly Right[] = ["scopes", "roles", "claims"];
const COMPARED = ["==", "has", "in", "startsWith", "endsWith"];

/** Reports rules of authorize that no caller of the route ever meets, as nothing tells the gateway what they ask for. */
export function checkGrants({ access, policies, place }: CheckedRoute): void {
  const { always, conditional } = access;
  const rules = [...(always === "public" ? [] : [always]), ...conditional.map(({ rule }) => rule)];
  const credentials = rules.flatMap(credentialsOf);
  // Where nobody is identified at all, rules are judged by themselves.
  if (credentials.length === 0) return;
  const granted = new Set(credentials.flatMap(({ type, options }) => [...grantsOf(type, options)]));
  for (const { name, options } of policies) {
    if (name !== "authorize") continue;
    for (const [index, { when }] of (options as CompiledAuthorize).rules.entries()) {
      const missing = RIGHTS.find((right) => !granted.has(right) && mustHave(when, right));
      if (missing === undefined) continue;
      place
        .at(name, "rules", index)
        .add(
          `asks for ${missing}, which no credential of this route ever gives: the rule never matches`,
          "Have the credential tell them (externalAuth: identity), or leave the rule out.",
        );
    }
  }
}

/** Whether the expression holds only for who has some of the right. */
function mustHave(expression: Expression, right: Right): boolean {
  if ("and" in expression) return expression.and.some((part) => mustHave(part, right));
  if ("or" in expression) return expression.or.every((part) => mustHave(part, right));
  if (!("compare" in expression)) return false;
  const { compare, left } = expression;
  const named = "path" in left && left.path[0] === "identity" && left.path[1] === right;
  return named && COMPARED.includes(compare);
}

function credentialsOf(rule: AccessRule): CredentialDeclaration[] {
  if (isCredential(rule)) return [rule];
  return ("anyOf" in rule ? rule.anyOf : rule.allOf).flatMap(credentialsOf);
}
