import type * as z from "zod";
import { actions } from "../../actions/registry.ts";
import { ADMIN_PREFIX } from "../../admin/prefix.ts";
import type { Access } from "../../identity/declare.ts";
import { parseRouteKey, type RoutePattern } from "../../match/pattern.ts";
import { POLICY_PHASES } from "../../phases.ts";
import type { RouteFacts } from "../../policies/policy.ts";
import { policies } from "../../policies/registry.ts";
import { suggest } from "../../schema/suggest.ts";
import type { GatewayOptions, RequireRule, RouteGroup, When } from "../define.ts";
import { policyFile } from "./files.ts";
import { Findings } from "./finding.ts";
import { parse } from "./parse.ts";
import { type EffectiveAccess, requireAccess } from "./require.ts";
import { INHERITED_SETTINGS, routeSettings } from "./settings.ts";

export type PolicyName = keyof typeof policies;
export type ActionName = keyof typeof actions;

/** A policy with its options parsed. */
export interface CheckedPolicy {
  readonly name: PolicyName;
  readonly options: unknown;
}

/** A route with everything it inherits, parsed; nothing is compared with other routes yet. */
export interface CheckedRoute {
  /** `METHOD /path` with the group's prefix. */
  readonly id: string;
  readonly path: string;
  readonly pattern: RoutePattern;
  readonly when: When | undefined;
  readonly summary: string;
  /** ms */
  readonly deadline: number;
  readonly websocket: boolean;
  /** What the route or its group says; undefined where neither does. */
  readonly declared: Access | undefined;
  /** The declared rule and the `require` rules that apply. */
  readonly access: EffectiveAccess;
  readonly facts: RouteFacts;
  /** In phase order, `access` left out. */
  readonly policies: readonly CheckedPolicy[];
  readonly action: { readonly name: ActionName; readonly options: unknown };
  readonly place: Findings;
}

/** ms; the default of `deadline`. */
const DEFAULT_DEADLINE = 30_000;

const policyNames = Object.keys(policies) as PolicyName[];
const actionNames = Object.keys(actions) as ActionName[];
const settingNames = Object.keys(routeSettings) as Array<keyof typeof routeSettings>;
const INHERITABLE: readonly string[] = [...INHERITED_SETTINGS, ...policyNames];

type Level = Readonly<Record<string, unknown>>;

/** Parses the routes of one group, each over what it inherits from the group and the defaults. */
export function checkGroup(
  group: RouteGroup,
  { defaults = {}, require: rules = [] }: Pick<GatewayOptions, "defaults" | "require">,
  findings: Findings,
): CheckedRoute[] {
  const { prefix = "", ...shared } = group.group;
  const level = shared as Level;
  checkLevel(level, findings.at("group"));
  if (prefix !== "" && !/^\/.*[^/]$/.test(prefix)) {
    findings.at("group", "prefix").add("a prefix begins with a slash and does not end with one");
  }
  return Object.entries(group.routes).flatMap(([key, value]) => {
    const variants = Array.isArray(value) ? value : [value];
    return variants.flatMap((variant, index) => {
      const place = Array.isArray(value) ? findings.at(key, index) : findings.at(key);
      const route = checkRoute(
        key,
        prefix,
        { ...(defaults as Level), ...level },
        variant as Level,
        rules,
        place,
      );
      return route === undefined ? [] : [route];
    });
  });
}

/** Checks what a group or the defaults give to routes, even where no route takes it. */
export function checkLevel(level: Level, findings: Findings): void {
  for (const key of Object.keys(level)) {
    if (!INHERITABLE.includes(key)) findings.at(key).add(`unknown key "${key}"`, suggest(key, INHERITABLE));
  }
  parsePolicies(level, findings);
  parseDeadline(level, findings);
}

function checkRoute(
  key: string,
  prefix: string,
  inherited: Level,
  own: Level,
  rules: readonly RequireRule[],
  place: Findings,
): CheckedRoute | undefined {
  if (typeof own !== "object" || own === null) {
    place.add("a route is an object with `access` and one action");
    return undefined;
  }
  const known = [...settingNames, ...policyNames, ...actionNames];
  for (const name of Object.keys(own)) {
    if (!known.some((each) => each === name))
      place.at(name).add(`unknown key "${name}"`, suggest(name, known));
  }
  const [method, path] = [key.slice(0, key.indexOf(" ")), prefix + key.slice(key.indexOf(" ") + 1)];
  const pattern = parseRouteKey(`${method} ${path}`);
  if ("error" in pattern) place.add(pattern.error);

  // What is inherited was judged where it stands: a mistake there is one finding, not one for every route.
  const silent = new Findings([], "");
  const taken = Object.fromEntries(
    Object.entries(inherited).filter(([name]) => !(name in own) && suits(name, key.split(" ")[0]!)),
  );
  const merged = inPhaseOrder([...parsePolicies(own, place), ...parsePolicies(taken, silent)]);
  const declared = (own.access ?? inherited.access) as Access | undefined;
  if (declared === undefined) {
    place
      .at("access")
      .add("missing: every route or its group says who may call", 'Write access: "public", or a credential.');
  }
  const when = "when" in own ? parse(routeSettings.when(), own.when, place.at("when")) : undefined;
  const summary = "summary" in own ? parse(routeSettings.summary(), own.summary, place.at("summary")) : "";
  const websocket =
    "websocket" in own ? parse(routeSettings.websocket(), own.websocket, place.at("websocket")) : false;
  const deadline = parseDeadline(own, place) ?? parseDeadline(inherited, silent) ?? DEFAULT_DEADLINE;
  const action = checkAction(own, place);
  if ("error" in pattern || action === undefined) return undefined;
  if (path === ADMIN_PREFIX || path.startsWith(`${ADMIN_PREFIX}/`)) {
    place.add(`paths under ${ADMIN_PREFIX} are the gateway's own`);
  }
  const access = requireAccess(declared ?? "public", pattern, rules);
  const authenticates = access.always !== "public" || access.conditional.length > 0;
  const facts: RouteFacts = { id: `${method} ${path}`, method: pattern.method, pattern: path, authenticates };
  for (const { name, options } of merged) checkTogether(policies[name], options, facts, place.at(name));
  for (const name of policyNames) checkSeveral(name, merged, place.at(name));
  checkTogether(actions[action.name], action.options, facts, place.at(action.name));
  return {
    id: facts.id,
    path,
    pattern,
    when: when as When | undefined,
    summary: summary ?? "",
    deadline,
    websocket: websocket ?? false,
    declared,
    access,
    facts,
    policies: merged,
    action,
    place,
  };
}

function checkSeveral(name: PolicyName, list: readonly CheckedPolicy[], findings: Findings): void {
  const module: object = policies[name];
  if (!("checkAll" in module)) return;
  const checkAll = module.checkAll as (options: readonly unknown[]) => readonly string[];
  for (const reason of checkAll(
    list.filter((policy) => policy.name === name).map(({ options }) => options),
  )) {
    findings.add(reason);
  }
}

/** What a module finds in options that its schema cannot see. */
type ModuleFinding =
  | string
  | { readonly path: readonly string[]; readonly reason: string; readonly suggestion?: string };

function checkTogether(module: object, options: unknown, facts: RouteFacts, findings: Findings): void {
  if (!("check" in module)) return;
  const check = module.check as (options: unknown, facts: RouteFacts) => readonly ModuleFinding[];
  for (const found of check(options, facts)) {
    if (typeof found === "string") findings.add(found);
    else findings.at(...found.path).add(found.reason, found.suggestion);
  }
}

function parseDeadline(level: Level, findings: Findings): number | undefined {
  return "deadline" in level
    ? parse(routeSettings.deadline(), level.deadline, findings.at("deadline"))
    : undefined;
}

/** Whether an inherited policy is for routes of this method: some are for a few methods only. */
function suits(name: string, method: string): boolean {
  const module: object = policies[name as PolicyName] ?? {};
  return !("methods" in module) || (module.methods as readonly string[]).includes(method);
}

/** Parses every policy key of a level but `access`; a list is several policies of one name. */
function parsePolicies(level: Level, findings: Findings): CheckedPolicy[] {
  return policyNames.flatMap((name) => {
    const value = level[name];
    if (value === undefined || name === "access") return [];
    if (!Array.isArray(value)) return checked(name, value, findings.at(name));
    if ("repeatable" in policies[name]) {
      return value.flatMap((each, index) => checked(name, each, findings.at(name, index)));
    }
    findings.at(name).add(`"${name}" takes one value, not a list`);
    return [];
  });
}

function checked(name: PolicyName, value: unknown, findings: Findings): CheckedPolicy[] {
  const options = parse(schemaOf(policies[name]), value, findings);
  return options === undefined ? [] : [{ name, options }];
}

const order = Object.fromEntries(
  policyNames.map((name) => [name, POLICY_PHASES.indexOf(policyFile(name).phase)]),
);

function inPhaseOrder(list: readonly CheckedPolicy[]): CheckedPolicy[] {
  return list.toSorted((a, b) => order[a.name]! - order[b.name]!);
}

const schemas = new Map<object, z.ZodType>();

/** A module's schema, made once. */
function schemaOf(module: { options(): unknown }): z.ZodType {
  let schema = schemas.get(module);
  if (schema === undefined) {
    schema = module.options() as z.ZodType;
    schemas.set(module, schema);
  }
  return schema;
}

function checkAction(own: Level, place: Findings): CheckedRoute["action"] | undefined {
  const [name, ...more] = actionNames.filter((each) => own[each] !== undefined);
  if (name === undefined) {
    place.add("has no action", `Give it one of ${actionNames.join(", ")}.`);
    return undefined;
  }
  if (more.length > 0) {
    place.add(`has ${more.length + 1} actions, ${[name, ...more].join(" and ")}; a route has exactly one`);
  }
  for (const each of more) parse(schemaOf(actions[each]), own[each], place.at(each));
  const options = parse(schemaOf(actions[name]), own[name], place.at(name));
  return options === undefined ? undefined : { name, options };
}
