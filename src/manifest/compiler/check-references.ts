import { actions } from "../../actions/registry.ts";
import type { Phase } from "../../phases.ts";
import { policies } from "../../policies/registry.ts";
import type { Reference } from "../../references/template.ts";
import { suggest } from "../../schema/suggest.ts";
import { isUpstream } from "../../upstream/declare.ts";
import type { CheckedRoute } from "./check-routes.ts";
import { policyFile } from "./files.ts";
import type { Findings } from "./finding.ts";

const IDENTITY_FIELDS = [
  "id",
  "subject",
  "issuer",
  "claims",
  "scopes",
  "consumer",
  "plan",
  "credential",
  "expiresAt",
];
/** Those with something below them. */
const NESTED_IDENTITY_FIELDS = ["claims", "scopes"];
const REQUEST_FIELDS = ["id", "method", "path"];
const ROOTS = ["params", "query", "headers", "identity", "request"];

/** The parts of a cache's options that say what its key holds. */
interface CacheKey {
  readonly key?: {
    readonly query?: readonly string[];
    readonly headers?: readonly string[];
    readonly identity?: boolean;
  };
}

/** Checks every `{reference}` of a route: that it can exist, and, right of the cut, that the cache key holds it. */
export function checkReferences(route: CheckedRoute): void {
  const cache = route.policies.find(({ name }) => name === "cache")?.options as CacheKey | undefined;
  const { name, options } = route.action;
  for (const { path, reference } of referencesOf(actions[name], options)) {
    const place = route.place.at(name, ...path);
    if (exists(reference, route, place) && cache !== undefined) isKeyed(reference, cache, place);
  }
  for (const { name, options } of route.policies) {
    // Left of the cut the whole request may be seen.
    const shared = name === "cache" || SHARED_PHASES.includes(policyFile(name).phase);
    for (const { path, reference, keyed = shared } of referencesOf(policies[name], options)) {
      const place = route.place.at(name, ...path);
      if (exists(reference, route, place) && keyed && cache !== undefined) isKeyed(reference, cache, place);
    }
  }
}

/** Phases right of the cut. */
const SHARED_PHASES: readonly Phase[] = ["admit", "transform"];

/** A reference and where it stands below a policy's or action's key. */
interface Use {
  readonly path: readonly string[];
  readonly reference: Reference;
  /** Whether it is read right of the cut, where the policy's folder does not say it. */
  readonly keyed?: boolean;
}

/** The references of options: those that the module names itself, or else every template in them. */
function referencesOf(module: object, options: unknown): readonly Use[] {
  if ("requestReferences" in module) {
    return (module.requestReferences as (options: unknown) => readonly Use[])(options);
  }
  return templateReferences(options, []);
}

function exists([root, field, ...rest]: Reference, route: CheckedRoute, findings: Findings): boolean {
  const say = (reason: string, candidates: readonly string[]) => {
    const known = candidates.length === 0 ? undefined : `Known here: ${candidates.join(", ")}.`;
    findings.add(reason, suggest(field ?? root, candidates) ?? known);
    return false;
  };
  if (!ROOTS.includes(root)) {
    findings.add(
      `{${root}} is no reference`,
      suggest(root, ROOTS) ?? `References begin with ${ROOTS.join(", ")}.`,
    );
    return false;
  }
  if (field === undefined) return say(`{${root}} needs a name, such as {${root}.name}`, []);
  if (root === "params" && !route.pattern.names.includes(field)) {
    return say(`{params.${field}}: the path has no such parameter`, route.pattern.names);
  }
  if (root === "request" && !REQUEST_FIELDS.includes(field))
    return say(`{request.${field}} is unknown`, REQUEST_FIELDS);
  if (root === "identity" && !IDENTITY_FIELDS.includes(field)) {
    return say(`{identity.${field}} is unknown`, IDENTITY_FIELDS);
  }
  const flat = root !== "identity" || !NESTED_IDENTITY_FIELDS.includes(field);
  if (flat && rest.length > 0) {
    return say(`{${[root, field, ...rest].join(".")}}: there is nothing below {${root}.${field}}`, []);
  }
  if (root !== "identity") return true;
  if (route.facts.authenticates) return true;
  findings.add(
    `{identity.${field}}: nobody is identified on a public route`,
    "Give the route a credential as its access.",
  );
  return false;
}

/** The cache cuts the chain: what the key does not hold must not decide an answer that others are given. */
function isKeyed([root, field = ""]: Reference, { key = {} }: CacheKey, findings: Findings): void {
  const advice = `Add it to cache.key, or take it out of what decides the shared answer.`;
  if (root === "identity" && key.identity !== true) {
    findings.add(
      `{identity.${field}} would decide a response that is cached for others`,
      "Set cache.key.identity: true.",
    );
  }
  if (root === "headers" && !key.headers?.some((name) => name.toLowerCase() === field.toLowerCase())) {
    findings.add(`{headers.${field}} would decide a response that is cached for others`, advice);
  }
  if (root === "query" && key.query !== undefined && !key.query.includes(field)) {
    findings.add(
      `{query.${field}} is not in cache.key.query, so it would decide a response cached for others`,
      advice,
    );
  }
  if (root === "request" && field === "id") {
    findings.add(
      "{request.id} would decide a response that is cached for others",
      "The id is in the request's own headers.",
    );
  }
}

/** Finds compiled templates anywhere in options. */
function templateReferences(value: unknown, path: readonly string[]): Use[] {
  if (typeof value !== "object" || value === null || isUpstream(value)) return [];
  if ("template" in value && Array.isArray(value.template)) {
    return value.template.flatMap((part: string | Reference) =>
      typeof part === "string" ? [] : [{ path, reference: part }],
    );
  }
  return Object.entries(value).flatMap(([key, inner]) => templateReferences(inner, [...path, key]));
}
