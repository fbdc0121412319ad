import type * as z from "zod";
import { POLICY_PHASES } from "../../phases.ts";
import type { RouteFacts } from "../../policies/policy.ts";
import { policies } from "../../policies/registry.ts";
import { policyFile } from "./files.ts";
import type { Findings } from "./finding.ts";
import { parse } from "./parse.ts";

export type PolicyName = keyof typeof policies;

/** A policy with its options parsed. */
export interface CheckedPolicy {
  readonly name: PolicyName;
  readonly options: unknown;
}

/** What a route, a group or the defaults say, by key. */
export type Level = Readonly<Record<string, unknown>>;

export const policyNames = Object.keys(policies) as PolicyName[];

/** Parses every policy key of a level but `access`; a list is several policies of one name. */
export function parsePolicies(level: Level, findings: Findings): CheckedPolicy[] {
  return policyNames.flatMap((name) => {
    const value = level[name];
    if (value === undefined || name === "access") return [];
    if (!Array.isArray(value)) return parsePolicy(name, value, findings.at(name));
    if ("repeatable" in policies[name]) {
      return value.flatMap((each, index) => parsePolicy(name, each, findings.at(name, index)));
    }
    findings.at(name).add(`"${name}" takes one value, not a list`);
    return [];
  });
}

/** Sound policies by what was written: a preset is one object on hundreds of routes. */
const sound = new Map<PolicyName, WeakMap<object, CheckedPolicy[]>>();

function parsePolicy(name: PolicyName, value: unknown, findings: Findings): CheckedPolicy[] {
  const known = sound.get(name) ?? new WeakMap<object, CheckedPolicy[]>();
  sound.set(name, known);
  const isPreset = typeof value === "object" && value !== null;
  const before = isPreset ? known.get(value) : undefined;
  if (before !== undefined) return before;
  const options = parse(schemaOf(policies[name]), value, findings);
  if (options === undefined) return [];
  const checked: CheckedPolicy[] = [{ name, options }];
  if (isPreset) known.set(value, checked);
  return checked;
}

/** Whether an inherited policy is for routes of this method: some are for a few methods only. */
export function suitsMethod(name: string, method: string): boolean {
  const module: object = policies[name as PolicyName] ?? {};
  return !("methods" in module) || (module.methods as readonly string[]).includes(method);
}

const order = Object.fromEntries(
  policyNames.map((name, index) => [
    name,
    POLICY_PHASES.indexOf(policyFile(name).phase) * policyNames.length + index,
  ]),
);

/** Policies in the order of their phases, and within one in the registry's, wherever they were declared. */
export function inPhaseOrder(list: readonly CheckedPolicy[]): CheckedPolicy[] {
  return list.toSorted((a, b) => order[a.name]! - order[b.name]!);
}

/** What a module finds in options that its schema cannot see. */
type ModuleFinding =
  | string
  | { readonly path: readonly string[]; readonly reason: string; readonly suggestion?: string };

/** Reports what is wrong with a policy's or action's options on this route, though each part of them is well. */
export function checkTogether(module: object, options: unknown, facts: RouteFacts, findings: Findings): void {
  if (!("check" in module)) return;
  const check = module.check as (options: unknown, facts: RouteFacts) => readonly ModuleFinding[];
  for (const found of check(options, facts)) {
    if (typeof found === "string") findings.add(found);
    else findings.at(...found.path).add(found.reason, found.suggestion);
  }
}

const checkedTogether = policyNames.filter((name) => "checkAll" in policies[name]);

/** Reports what is wrong with several policies of one kind on one route. */
export function checkSeveral(list: readonly CheckedPolicy[], place: Findings): void {
  for (const name of checkedTogether) {
    const module: object = policies[name];
    const { checkAll } = module as { checkAll(options: readonly unknown[]): readonly string[] };
    const several = list.filter((policy) => policy.name === name).map(({ options }) => options);
    for (const reason of checkAll(several)) place.at(name).add(reason);
  }
}

/** A route as a policy's check over all routes is shown it. */
interface RoutePolicies {
  readonly facts: RouteFacts;
  readonly policies: readonly CheckedPolicy[];
  readonly place: Findings;
}

/** Reports what only shows in the light of a route's other policies, and of other routes. */
export function checkAcross(routes: readonly RoutePolicies[]): void {
  for (const name of policyNames) {
    const module: object = policies[name];
    if (!("checkRoutes" in module)) continue;
    const checkRoutes = module.checkRoutes as (
      routes: readonly RoutePolicies[],
    ) => ReadonlyArray<Exclude<ModuleFinding, string> & { readonly route: RoutePolicies }>;
    for (const { route, path, reason, suggestion } of checkRoutes(routes)) {
      route.place.at(name, ...path).add(reason, suggestion);
    }
  }
}

/** Policies as a route is given them: those of one kind that it may have several of are one, with a list of options. */
export function madeTogether(list: readonly CheckedPolicy[]): CheckedPolicy[] {
  const names = [...new Set(list.map(({ name }) => name))];
  return names.flatMap((name) => {
    const same = list.filter((policy) => policy.name === name);
    return "repeatable" in policies[name] ? [{ name, options: same.map(({ options }) => options) }] : same;
  });
}

const schemas = new Map<object, z.ZodType>();

/** A module's schema, made once. */
export function schemaOf(module: { options(): unknown }): z.ZodType {
  let schema = schemas.get(module);
  if (schema === undefined) {
    schema = module.options() as z.ZodType;
    schemas.set(module, schema);
  }
  return schema;
}
