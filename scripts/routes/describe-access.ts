import { type AccessRule, isCredential, type Requirements } from "../../src/identity/declare.ts";
import type { EffectiveAccess } from "../../src/manifest/compiler/require.ts";

/** Who may call, such as `jwt(shop:read)`, with the gateway's `require` rules in it. */
export function describeAccess({ always, conditional, onTrial }: EffectiveAccess): string {
  const own = always === "public" ? "public" : describeRule(always);
  const where = (match: string | undefined) => (match === undefined ? "" : ` under ${match}`);
  return [
    own,
    ...conditional.map(({ match, rule }) => `under ${match}: ${describeRule(rule)}`),
    ...onTrial.map(({ match, rule }) => `on trial${where(match)}: ${describeRule(rule)}`),
  ].join("; ");
}

function describeRule(rule: AccessRule): string {
  if (isCredential(rule)) return rule.type + describeRequirements(rule.requirements);
  if ("anyOf" in rule) return `anyOf(${rule.anyOf.map(describeRule).join(", ")})`;
  const members = rule.allOf.filter((member) => !isImplied(member, rule.allOf)).map(describeRule);
  const [only, ...more] = new Set(members);
  return more.length === 0 ? only! : `allOf(${[only, ...more].join(", ")})`;
}

/** Asks no more than another one of the same credential does: a route's `jwt` beside a rule's `jwt(admin)`. */
function isImplied(member: AccessRule, all: readonly AccessRule[]): boolean {
  if (!isCredential(member) || describeRequirements(member.requirements) !== "") return false;
  return all.some((other) => other !== member && isCredential(other) && other.options === member.options);
}

function describeRequirements({ scopes = [], claims = {} }: Requirements): string {
  const parts = [
    ...scopes,
    ...Object.entries(claims).map(([name, wanted]) => `${name}=${[wanted].flat().join("|")}`),
  ];
  return parts.length === 0 ? "" : `(${parts.join(", ")})`;
}
