import { actions } from "../../actions/registry.ts";
import { ADMIN_PREFIX, USAGE_PATH } from "../../admin/prefix.ts";
import type { AccessOptions } from "../../identity/access-schema.ts";
import { parsePathPattern, parseRouteKey, type RoutePattern } from "../../match/pattern.ts";
import type { RouteFacts } from "../../policies/policy.ts";
import { policies } from "../../policies/registry.ts";
import { suggest } from "../../schema/suggest.ts";
import type { RequireRule, RouteGroup } from "../define.ts";
import type { AccessCheck } from "./check-access.ts";
import {
  type CheckedPolicy,
  checkSeveral,
  checkTogether,
  inPhaseOrder,
  type Level,
  parsePolicies,
  policyNames,
  schemaOf,
  suitsMethod,
} from "./check-policies.ts";
import { checkWebSocket } from "./check-websocket.ts";
import { type CompiledWhen, checkWhen } from "./check-when.ts";
import { Findings } from "./finding.ts";
import { parse } from "./parse.ts";
import { type EffectiveAccess, requireAccess } from "./require.ts";
import { INHERITED_SETTINGS, isRecord, routeSettings } from "./settings.ts";

export type { CheckedPolicy, PolicyName } from "./check-policies.ts";
export type ActionName = keyof typeof actions;

/** A route with everything it inherits, parsed; nothing is compared with other routes yet. */
export interface CheckedRoute {
  /** `METHOD /path` with the group's prefix. */
  readonly id: string;
  readonly path: string;
  readonly pattern: RoutePattern;
  readonly when: CompiledWhen | undefined;
  /** The value of the route's key: one for all the variants of a list. */
  readonly variants: unknown;
  readonly summary: string;
  /** ms */
  readonly deadline: number;
  /** The declared rule and the `require` rules that apply. */
  readonly access: EffectiveAccess;
  readonly facts: RouteFacts;
  /** In phase order, `access` left out. */
  readonly policies: readonly CheckedPolicy[];
  readonly action: { readonly name: ActionName; readonly options: unknown };
  readonly place: Findings;
}

/** What holds for every route of the gateway. */
export interface Surroundings {
  readonly defaults: Level;
  readonly rules: readonly RequireRule[];
  readonly checkAccess: AccessCheck;
}

/** ms; the default of `deadline`. */
const DEFAULT_DEADLINE = 30_000;

const summarySchema = routeSettings.summary();
const deadlineSchema = routeSettings.deadline();
const actionNames = Object.keys(actions) as ActionName[];
const settingNames = Object.keys(routeSettings) as Array<keyof typeof routeSettings>;
const ROUTE_KEYS: readonly string[] = [...settingNames, ...policyNames, ...actionNames];
/** Keys of a group and, without `access`, of the defaults. */
const GROUP_KEYS: readonly string[] = [...INHERITED_SETTINGS, ...policyNames];
const DEFAULTS_KEYS = GROUP_KEYS.filter((key) => key !== "access");

/** Parses the routes of one group, each over what it inherits from the group and the defaults. */
export function checkGroup(
  { group, routes }: RouteGroup,
  surroundings: Surroundings,
  findings: Findings,
): CheckedRoute[] {
  const { prefix: written, ...level }: Level & { readonly prefix?: unknown } = { ...group };
  const place = findings.at("group");
  checkLevel(level, ["prefix", ...GROUP_KEYS], place);
  const settings = { ...withoutGaps(surroundings.defaults), ...withoutGaps(level) };
  // What is inherited was judged where it stands: a mistake there is one finding, not one for every route.
  const silent = new Findings([], "");
  const inheritance: Inheritance = {
    prefix: checkPrefix(written, place.at("prefix")),
    access: declaredAccess(level, surroundings, place),
    policies: parsePolicies(settings, silent),
    deadline: parseDeadline(settings, silent) ?? DEFAULT_DEADLINE,
  };
  return Object.entries(routes).flatMap(([key, value]) => {
    const isList = Array.isArray(value);
    if (isList && value.length === 0) findings.at(key).add("is an empty list: no request could meet it");
    return (isList ? value : [value]).flatMap((variant: unknown, index) => {
      const at = isList ? findings.at(key, index) : findings.at(key);
      const route = checkRoute(key, variant, inheritance, surroundings, at);
      return route === undefined ? [] : [{ ...route, variants: value }];
    });
  });
}

/** What a route takes from its group and the defaults. */
interface Inheritance {
  readonly prefix: string;
  readonly access: DeclaredAccess;
  readonly policies: readonly CheckedPolicy[];
  /** ms */
  readonly deadline: number;
}

/** What a level says of who may call; the rule is undefined where it is none, which is reported where it stands. */
type DeclaredAccess = { readonly rule: AccessOptions | undefined } | undefined;

function declaredAccess(level: Level, { checkAccess }: Surroundings, place: Findings): DeclaredAccess {
  return level.access === undefined ? undefined : { rule: checkAccess(level.access, place.at("access")) };
}

/** A key with the value undefined says nothing: it must not switch off what is inherited. */
function withoutGaps(level: Level): Level {
  return Object.fromEntries(Object.entries(level).filter(([, value]) => value !== undefined));
}

/** Checks what the defaults give to routes, even where no route takes it. */
export function checkDefaults(defaults: Level, findings: Findings): void {
  checkLevel(defaults, DEFAULTS_KEYS, findings);
}

function checkLevel(level: Level, known: readonly string[], findings: Findings): void {
  checkKeys(level, known, findings);
  parsePolicies(level, findings);
  parseDeadline(level, findings);
}

function checkKeys(level: Level, known: readonly string[], findings: Findings): void {
  for (const key of Object.keys(level)) {
    if (!known.includes(key)) findings.at(key).add(`unknown key "${key}"`, suggest(key, known));
  }
}

/** A broken prefix is one mistake, not one for every route below it. */
function checkPrefix(prefix: unknown, findings: Findings): string {
  if (prefix === undefined || prefix === "") return "";
  if (typeof prefix !== "string" || !/^\/.*[^/]$/s.test(prefix)) {
    findings.add("a prefix begins with a slash and does not end with one");
    return "";
  }
  const pattern = parsePathPattern(prefix);
  if (!("error" in pattern)) return prefix;
  findings.add(pattern.error);
  return "";
}

function checkRoute(
  key: string,
  variant: unknown,
  inherited: Inheritance,
  surroundings: Surroundings,
  place: Findings,
): Omit<CheckedRoute, "variants"> | undefined {
  if (!isRecord(variant)) {
    place.add("a route is an object with `access` and one action");
    return undefined;
  }
  const own = withoutGaps(variant);
  checkKeys(own, ROUTE_KEYS, place);
  const pattern = checkPattern(key, inherited.prefix, own.usage !== undefined, place);
  const [method = ""] = key.split(" ");
  const taken = inherited.policies.filter(
    ({ name }) => !(name in own) && suitsMethod(name, method) && suitsAction(name, own),
  );
  const merged = inPhaseOrder([...parsePolicies(own, place), ...taken]);
  const access = declaredAccess(own, surroundings, place) ?? inherited.access;
  if (access === undefined) {
    place
      .at("access")
      .add("missing: every route or its group says who may call", 'Write access: "public", or a credential.');
  }
  const when = "when" in own ? checkWhen(own.when, method, place.at("when")) : undefined;
  const summary = "summary" in own ? parse(summarySchema, own.summary, place.at("summary")) : "";
  const deadline = parseDeadline(own, place) ?? inherited.deadline;
  const action = checkAction(own, place);
  if (pattern === undefined || action === undefined) return undefined;

  const path = inherited.prefix + key.slice(key.indexOf(" ") + 1);
  const effective = requireAccess(access?.rule ?? { always: "public" }, pattern, surroundings.rules);
  const authenticates = effective.always !== "public" || effective.conditional.length > 0;
  const facts: RouteFacts = {
    id: `${method} ${path}`,
    method,
    pattern: path,
    authenticates,
    ...(when !== undefined && { variant: JSON.stringify(when) }),
  };
  for (const { name, options } of merged) checkTogether(policies[name], options, facts, place.at(name));
  checkSeveral(merged, place);
  checkWebSocket(merged, action, place);
  checkTogether(actions[action.name], action.options, facts, place.at(action.name));
  return {
    id: facts.id,
    path,
    pattern,
    when,
    summary: summary ?? "",
    deadline,
    access: effective,
    facts,
    policies: merged,
    action,
    place,
  };
}

/** Whether an inherited policy is for routes of this action: some actions do without a few. */
function suitsAction(policy: string, own: Level): boolean {
  return actionNames.every((name) => {
    const module: object = actions[name];
    const unsuited = "unsuited" in module ? (module.unsuited as readonly string[]) : [];
    return own[name] === undefined || !unsuited.includes(policy);
  });
}

/** @param tellsUsage whether it may stand in the one place among the gateway's own */
function checkPattern(
  key: string,
  prefix: string,
  tellsUsage: boolean,
  place: Findings,
): RoutePattern | undefined {
  const own = parseRouteKey(key);
  // The key by itself first, so that a finding speaks of what was written.
  const pattern = "error" in own ? own : parseRouteKey(key.replace(" ", () => ` ${prefix}`));
  if ("error" in pattern) {
    place.add(pattern.error);
    return undefined;
  }
  const [first] = pattern.segments;
  const isUsage = tellsUsage && prefix + key.slice(key.indexOf(" ") + 1) === USAGE_PATH;
  if (first?.kind === "static" && `/${first.text}` === ADMIN_PREFIX && !isUsage) {
    place.add(`paths under ${ADMIN_PREFIX} are the gateway's own`);
  }
  return pattern;
}

function parseDeadline(level: Level, findings: Findings): number | undefined {
  if (level.deadline === undefined) return undefined;
  return parse(deadlineSchema, level.deadline, findings.at("deadline"));
}

function checkAction(own: Level, place: Findings): CheckedRoute["action"] | undefined {
  const named = actionNames.filter((name) => own[name] !== undefined);
  const parsed = named.map((name) => parse(schemaOf(actions[name]), own[name], place.at(name)));
  const [name] = named;
  if (name === undefined) {
    place.add("has no action", `Give it one of ${actionNames.join(", ")}.`);
    return undefined;
  }
  if (named.length > 1) {
    place.add(
      `has ${named.length} actions, ${named.join(" and ")}; a route has exactly one`,
      "Keep one. Several answers become one with compose.",
    );
  }
  return parsed[0] === undefined ? undefined : { name, options: parsed[0] };
}
