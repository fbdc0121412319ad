import type { CompiledCompose } from "../../src/actions/compose/compiled.ts";
import type { CheckedManifest } from "../../src/manifest/compiler/check.ts";
import type { CheckedPolicy, CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import { type Cost, costs } from "../../src/manifest/compiler/check-subrequests.ts";
import { formatJsonPointer } from "../../src/match/json-pointer.ts";
import type { Template } from "../../src/references/template.ts";
import type { UpstreamDeclaration } from "../../src/upstream/declare.ts";
import { describeAccess } from "./describe-access.ts";
import { describeLimits, formatDuration } from "./describe-limits.ts";
import type { Row } from "./table.ts";

/** Says of each route what a reader of the table wants to know. Sorted by path; variants keep their order. */
export function describeRoutes({ routes, options }: Pick<CheckedManifest, "routes" | "options">): Row[] {
  const cost = costs(routes, options.paths);
  return routes
    .toSorted((a, b) => compare(a.path, b.path) || compare(a.pattern.method, b.pattern.method))
    .map((route) => ({
      method: route.pattern.method,
      path: route.path + describeWhen(route),
      access: describeAccess(route.access),
      limits: describeLimits(route),
      cache: describeCache(route.policies),
      action: describeAction(route.action, cost(route)),
    }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function describeWhen({ when }: CheckedRoute): string {
  if (when === undefined) return "";
  const { host, header = {}, query = {}, cookie = {}, content, body = [] } = when;
  const pairs = (kind: string, values: Readonly<Record<string, string | true>>) =>
    Object.entries(values).map(([name, value]) => `${kind} ${name}${value === true ? "" : `=${value}`}`);
  const parts = [
    ...(host === undefined ? [] : [`host ${host}`]),
    ...pairs("header", header),
    ...pairs("query", query),
    ...pairs("cookie", cookie),
    ...(content === undefined ? [] : [`content ${content}`]),
    ...body.map(([path, ...wanted]) => `body ${[formatJsonPointer(path), ...wanted.map(asJson)].join("=")}`),
  ];
  return `  when ${parts.join(", ")}`;
}

function asJson(value: unknown): string {
  return JSON.stringify(value);
}

/** What of a cache's checked options the table shows. */
interface Cache {
  /** ms, or `origin` for what the origin says. */
  readonly ttl: number | "origin";
  readonly key: { readonly identity: boolean };
}

function describeCache(policies: readonly CheckedPolicy[]): string {
  const cache = policies.find(({ name }) => name === "cache")?.options as Cache | undefined;
  if (cache === undefined) return "";
  const ttl = cache.ttl === "origin" ? "as origin says" : formatDuration(cache.ttl);
  return cache.key.identity ? `${ttl} per identity` : ttl;
}

function describeAction({ name, options }: CheckedRoute["action"], cost: Cost): string {
  switch (name) {
    case "forward":
      return `forward → ${(options as { upstream: UpstreamDeclaration }).upstream.name}`;
    case "compose":
      return describeCompose(options as CompiledCompose, cost);
    case "redirect":
      return `redirect → ${templateText((options as { to: Template }).to)}`;
    case "respond":
      return `respond ${(options as { status: number }).status}`;
    default:
      return name;
  }
}

/** The cost is that of the whole request: limits, cache, keys and dispatched routes are in it. */
function describeCompose({ steps }: CompiledCompose, { subrequests, rounds }: Cost): string {
  const sources = steps.map(({ upstream, path }) => upstream?.name ?? `route ${templateText(path)}`);
  const cost = `${count(subrequests, "subrequest")} in ${count(rounds, "round")}`;
  return `compose → ${[...new Set(sources)].join(", ")} (at most ${cost})`;
}

function templateText({ template }: Template): string {
  return template.map((part) => (typeof part === "string" ? part : `{${part.join(".")}}`)).join("");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
