import type { Rule } from "../../src/authorization/decide.ts";
import type { Expression, Operand } from "../../src/authorization/language/expression.ts";
import type { CompiledAuthorize } from "../../src/authorization/schema.ts";

/**
 * What decided over a caller's rights, and by which conditions: of the rule that is named, or, where none decided, of
 * every rule that might have allowed.
 * @param decided such as `rules.1 allows`
 */
export function describeDecision(
  decided: string,
  method: string,
  { rules }: Pick<CompiledAuthorize, "rules">,
): string {
  const numbered = [...rules.entries()];
  const index = /^rules\.(\d+)/.exec(decided)?.[1];
  if (index !== undefined) {
    const rule = rules[Number(index)];
    return rule === undefined ? decided : `${decided} (its condition: ${describeRule(rule)})`;
  }
  const ways = numbered.filter(
    ([, { effect, methods }]) => effect !== "deny" && methods?.includes(method) !== false,
  );
  if (ways.length === 0) return `${decided}: none is for ${method}`;
  return [decided, ...ways.map(([at, rule]) => `rules.${at} would if ${describeRule(rule)}`)].join("\n");
}

/** When a rule holds, in the words of the language. */
export function describeRule({ when, methods }: Rule): string {
  const condition = describe(when);
  return methods === undefined ? condition : `the method is ${methods.join(" or ")} and ${condition}`;
}

function describe(expression: Expression): string {
  if ("always" in expression) return String(expression.always);
  if ("and" in expression) return joined(expression.and, " and ");
  if ("or" in expression) return joined(expression.or, " or ");
  if ("not" in expression) return `not (${describe(expression.not)})`;
  if ("address" in expression) {
    const { address, networks } = expression;
    return `${address.join(".")} in ${networks.length === 1 ? "a network" : `one of ${networks.length} networks`}`;
  }
  const { compare, left, right } = expression;
  return `${describeOperand(left)} ${compare} ${describeOperand(right)}`;
}

function joined(parts: readonly Expression[], by: string): string {
  const [only, ...more] = [...new Set(parts.map(describe))];
  return more.length === 0 ? (only ?? "") : `(${[only, ...more].join(by)})`;
}

function describeOperand(operand: Operand): string {
  if ("path" in operand) return operand.path.join(".");
  return JSON.stringify("list" in operand ? operand.list : operand.value);
}
