import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { buildTrie } from "../../match/trie.ts";
import { policies } from "../../policies/registry.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import type { CheckedManifest } from "./check.ts";
import type { WranglerConfig } from "./check-environment.ts";
import type { CheckedRoute } from "./check-routes.ts";
import { checkUpstream, upstreamName } from "./check-upstream.ts";
import { type Finding, Findings } from "./finding.ts";
import type { LoadedManifest } from "./load.ts";
import type { Accessor } from "./locate.ts";
import { ManifestRegistrar } from "./registrar.ts";
import { type Registrar, serialise } from "./serialise.ts";

/** Everything the generated entry says, before it is written down. */
export interface CompiledManifest {
  readonly hash: string;
  readonly trie: string;
  readonly when: string;
  readonly routes: readonly string[];
  readonly unmatched: string;
  readonly upstreams: Readonly<Record<string, string>>;
  readonly credentials: readonly string[];
  readonly values: readonly Accessor[];
  /** Names of what is used, so that only that is imported. */
  readonly policies: readonly string[];
  readonly actions: readonly string[];
  readonly credentialTypes: readonly string[];
  /** Names of the variables and secrets that the manifest reads. */
  readonly variables: readonly string[];
  readonly stores: { readonly counters: string; readonly responses: string };
  readonly findings: readonly Finding[];
}

/** Compiles a checked manifest. What only shows now, such as two upstreams of one name, is reported too. */
export function compileManifest(
  manifest: LoadedManifest,
  checked: CheckedManifest,
  config: WranglerConfig,
): CompiledManifest {
  const { options, locations } = checked;
  const findings: Finding[] = [];
  const root = new Findings(findings, manifest.modules[0]?.name ?? manifest.file);
  const placeOf = (declaration: UpstreamDeclaration) =>
    new Findings(findings, locations.fileOf(declaration) ?? manifest.file, [
      `upstream "${upstreamName(declaration)}"`,
    ]);
  const registrar = new ManifestRegistrar(root, locations, placeOf);

  const routes = checked.routes.map((route) => {
    registrar.place = route.place.into(findings);
    return compileRoute(route, registrar);
  });
  for (const upstream of locations.upstreams) registrar.upstream(upstream);
  const upstreams: Record<string, string> = {};
  for (const [name, declaration] of registrar.upstreams) {
    registrar.place = placeOf(declaration);
    const options = checkUpstream(declaration, config, registrar.place);
    if (options !== undefined) upstreams[name] = serialise({ name, ...options }, registrar);
  }
  const finishing = finishingPolicies(options.defaults ?? {});
  const data = {
    trie: compileTrie(checked.routes),
    when: compileWhen(checked.routes),
    routes,
    unmatched: compileUnmatched(finishing, registrar),
    upstreams,
    credentials: registrar.credentials,
    stores: { counters: "auto", responses: "cache-api", ...options.stores },
  };
  const used = checked.routes.flatMap(({ policies }) => policies.map(({ name }) => name));
  return {
    ...data,
    hash: hashOf(JSON.stringify(data), manifest.modules),
    values: registrar.values,
    variables: [...registrar.variables],
    policies: [...new Set(["access", ...used, ...finishing.map(([name]) => name)])],
    actions: [...new Set(["respond", ...checked.routes.map(({ action }) => action.name)])],
    credentialTypes: [...registrar.credentialTypes],
    findings,
  };
}

function compileTrie(routes: readonly CheckedRoute[]): string {
  const entries = routes.map(({ pattern, when }, index) => {
    const host = when?.host;
    return { pattern, index, ...(host !== undefined && { host }) };
  });
  return JSON.stringify(buildTrie(entries));
}

/** The predicates of the routes that have some; the host is the tree's business. */
function compileWhen(routes: readonly CheckedRoute[]): string {
  const entries = routes.flatMap((route, index) => {
    const { host: _, ...predicates } = route.when ?? {};
    return Object.keys(predicates).length === 0 ? [] : [[index, predicates]];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

function compileRoute(route: CheckedRoute, registrar: Registrar): string {
  const { always, conditional, onTrial } = route.access;
  const asks = route.facts.authenticates || onTrial.length > 0;
  const access = {
    always,
    ...(conditional.length > 0 && { conditional }),
    ...(onTrial.length > 0 && { onTrial }),
  };
  return serialise(
    {
      ...route.facts,
      deadline: route.deadline,
      websocket: route.websocket,
      policies: [
        ...(asks ? [["access", access]] : []),
        ...route.policies.map(({ name, options }) => [name, options]),
      ],
      action: [route.action.name, route.action.options],
    },
    registrar,
  );
}

/** Policies of the defaults that finish answers which no route gave: 404, 405, 400. */
const FINISHING = ["cors", "securityHeaders"] as const;

function finishingPolicies(defaults: object): Array<readonly [name: string, options: unknown]> {
  return Object.entries(defaults).flatMap(([key, value]) => {
    const name = FINISHING.find((each) => each === key);
    const parsed = name && policies[name].options().safeParse(value);
    return parsed?.success ? [[key, parsed.data] as const] : [];
  });
}

/** The plan of what no route answers: the finishing policies, and an action that never runs. */
function compileUnmatched(finishing: ReturnType<typeof finishingPolicies>, registrar: Registrar): string {
  return serialise(
    {
      id: "",
      method: "ANY",
      pattern: "",
      authenticates: false,
      deadline: 30_000,
      websocket: false,
      policies: finishing,
      action: ["respond", { status: 404, headers: [], body: null }],
    },
    registrar,
  );
}

/** The manifest's fingerprint: what was compiled, and the sources that its functions come from. */
function hashOf(data: string, modules: LoadedManifest["modules"]): string {
  const hash = createHash("sha256").update(data);
  for (const { name, file } of modules.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`\0${name}\0`).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}
