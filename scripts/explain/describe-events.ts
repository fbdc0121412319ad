import type { CompiledAuthorize } from "../../src/authorization/schema.ts";
import type {
  Field,
  HeaderChanges,
  TracedEvent,
  TracedList,
  TracedRefusal,
} from "../../src/explain/traced.ts";
import { keysOf, makeLimit, type RateLimit } from "../../src/limits/limit.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import { policyFile } from "../../src/manifest/compiler/files.ts";
import { describeConcurrency, describeCounts } from "./describe-counts.ts";
import { describeDecision } from "./describe-rule.ts";
import { columns, formatTime } from "./layout.ts";

/** How events are shown. */
export interface Manner {
  /** The route of an event, for what its options say; undefined where it is not this manifest that ran. */
  readonly routeOf: (event: TracedEvent) => CheckedRoute | undefined;
  /** Stores were empty, and nothing took time. */
  readonly offline: boolean;
  /** Of the request. */
  readonly method: string;
}

/** Each step of the road and what it decided, one row each, in the order in which they began. */
export function describeEvents(events: readonly TracedEvent[], manner: Manner): string[] {
  const rows = events.map((event) => {
    const indent = "  ".repeat(event.depth);
    const time = manner.offline ? [] : [event.ms === undefined ? "" : formatTime(event.ms)];
    return [indent + event.phase, event.name, ...time, describeEvent(event, manner)];
  });
  return columns(rows);
}

/** Policies that the request did not come to, and the action, in the order of the road. */
export function notReached(
  events: readonly TracedEvent[],
  { policies, action, facts }: CheckedRoute,
): string[] {
  // The last phase is come to by every answer, whatever was passed over before.
  const own = events.filter(({ depth, phase }) => depth === 0 && phase !== "finalise" && phase !== "error");
  const seen = new Set(own.map(({ name }) => name));
  const declared = [
    ...policies.filter(isStep).map(({ name }) => ({ name, phase: policyFile(name).phase as string })),
    ...(facts.authenticates ? [{ name: "access", phase: "authenticate" }] : []),
    { name: action.name, phase: "action" },
  ];
  const missing = declared.filter(({ name, phase }) => phase !== "finalise" && !seen.has(name));
  return [...new Set(missing.map(({ name, phase }) => `${phase} ${name}`))];
}

/** A priority is no step: upstreams go by it. */
function isStep({ name }: CheckedRoute["policies"][number]): boolean {
  return name !== "priority";
}

function describeEvent(event: TracedEvent, manner: Manner): string {
  const { outcome, refusal, status, identity, limits = [], notes = [], reported = [], cache, key } = event;
  const { changes, target, decided, lists = [] } = event;
  const said = [
    ...(outcome === "passes" ? [] : [describeOutcome(outcome, refusal, status)]),
    ...(identity ? [describeIdentity(identity)] : []),
    ...(decided === undefined ? [] : [describeRights(decided, event, manner)]),
    ...(lists.length === 0 ? [] : [describeLists(lists, manner)]),
    ...limits.map((limit) => describeLimit(limit, event, manner)),
    ...describeCounts(event, manner.routeOf(event), manner.offline),
    ...(cache === undefined ? [] : [describeCache(cache, manner)]),
    ...(key === undefined ? [] : [`key: ${key}`]),
    ...(target === undefined ? [] : [`the request becomes ${target}`]),
    ...(changes === undefined ? [] : [describeChanges(changes)]),
    ...reported.map(
      ({ code, reason }) => `on trial: would refuse with ${code}${reason ? ` (${reason})` : ""}`,
    ),
    ...notes,
  ];
  return said.length > 0 ? said.join("\n") : quiet(event, manner);
}

/** Nothing to tell of a step is something too. */
function quiet(event: TracedEvent, { routeOf }: Manner): string {
  const { phase, name } = event;
  if (name === "rateLimit" && phase !== "finalise") {
    const names = namesAt(phase, routeOf(event));
    return names.length === 0 ? "passes" : `passes: ${names.join(", ")}`;
  }
  if (name === "concurrency" && (phase === "limit" || phase === "admit")) {
    return describeConcurrency(event, routeOf(event));
  }
  return ANSWERING.includes(phase) ? "changes nothing" : "passes";
}

/** Limits of one place on the road: those that no client is shown have nothing else to tell. */
function namesAt(phase: string, route: CheckedRoute | undefined): string[] {
  if (route === undefined) return [];
  const limits = limitsOf(route).map((limit) => makeLimit(limit, route.facts));
  return limits.filter(({ place }) => place === phase).map(({ name }) => name);
}

const ANSWERING = ["upstream", "transform", "personalise", "finalise", "error"];

function describeOutcome(
  outcome: TracedEvent["outcome"],
  refusal: TracedRefusal | undefined,
  status: number | undefined,
): string {
  if (refusal !== undefined) return `${outcome} with ${describeRefusal(refusal)}`;
  return status === undefined ? outcome : `${outcome} ${status}`;
}

/** A refusal in one line: its status and code, what the client is told, and why. */
export function describeRefusal({ status, code, detail, cause }: TracedRefusal): string {
  const told = detail === undefined ? "" : `: ${detail}`;
  return `${status} ${code}${told}${cause === undefined ? "" : ` (for the log: ${cause})`}`;
}

function describeIdentity({ id, scopes, key }: NonNullable<TracedEvent["identity"]>): string {
  const who = `the caller is ${id}, ${scopes.length === 0 ? "without scopes" : `with the scopes ${scopes.join(" ")}`}`;
  return key === undefined ? who : `${who}; by the key ${key}`;
}

/** The rule that decided, with its conditions where it is this manifest's. */
function describeRights(decided: string, event: TracedEvent, { routeOf, method }: Manner): string {
  const options = routeOf(event)?.policies.find(({ name }) => name === "authorize")?.options;
  return options === undefined ? decided : describeDecision(decided, method, options as CompiledAuthorize);
}

/** On which lists the caller is, and on which not. */
function describeLists(lists: readonly TracedList[], { offline }: Manner): string {
  const named = (some: readonly TracedList[]) => [...new Set(some.map(({ list }) => list))].join(", ");
  const off = lists.filter(({ entry }) => entry === undefined);
  return [
    ...lists.flatMap(({ list, entry }) => (entry === undefined ? [] : [`on the list ${list}: ${entry}`])),
    ...(off.length === 0 ? [] : [`not on ${named(off)}${offline ? " (lists are empty here)" : ""}`]),
  ].join("\n");
}

type Limit = NonNullable<TracedEvent["limits"]>[number];

function describeLimit({ name, limit, window, remaining, reset }: Limit, event: TracedEvent, manner: Manner) {
  const by = limitKeys(name, event, manner);
  const left =
    event.outcome === "refuses"
      ? `no room for ${formatTime(reset * 1_000)}`
      : `leaves ${remaining} of ${limit}`;
  const per = window === undefined ? "" : ` per ${formatTime(window * 1_000)}`;
  return `${name}${by}: ${left}${per}${manner.offline ? " (its counter is empty here)" : ""}`;
}

/** What the limit of that name counts by, from the manifest. */
function limitKeys(name: string, event: TracedEvent, { routeOf }: Manner): string {
  const route = routeOf(event);
  const limit = limitsOf(route).find((each) => each.name === name);
  return route === undefined || limit === undefined ? "" : ` by ${keysOf(limit, route.facts).join(" and ")}`;
}

function limitsOf(route: CheckedRoute | undefined): RateLimit[] {
  return (route?.policies ?? [])
    .filter(({ name }) => name === "rateLimit")
    .flatMap(({ options }) => options as RateLimit | readonly RateLimit[]);
}

function describeCache(cache: string, { offline }: Manner): string {
  if (cache === "bypass") return "bypass: answers of this route are not cached";
  return offline ? `${cache}: the cache is empty here` : cache;
}

/** Names alone: what they come to is shown where the request or the answer is. */
function describeChanges({ set, removed }: HeaderChanges): string {
  const names = [...new Set(set.map(([name]) => name))];
  return [
    ...(names.length === 0 ? [] : [`sets ${names.join(", ")}`]),
    ...(removed.length === 0 ? [] : [`removes ${removed.join(", ")}`]),
  ].join("; ");
}

/** A header field as it is written. */
export function describeField([name, value]: Field): string {
  return `${name}: ${value}`;
}
