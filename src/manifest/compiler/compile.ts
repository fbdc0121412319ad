import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { actions } from "../../actions/registry.ts";
import { credentials } from "../../identity/credentials/registry.ts";
import type { PathPolicy } from "../../match/path-policy.ts";
import { buildTrie, type TrieData } from "../../match/trie.ts";
import type { PartName } from "../../parts/part.ts";
import { policies } from "../../policies/registry.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import { calledUpstreams } from "./called-upstreams.ts";
import type { CheckedManifest } from "./check.ts";
import type { WranglerConfig } from "./check-environment.ts";
import { madeTogether } from "./check-policies.ts";
import type { CheckedRoute } from "./check-routes.ts";
import { type CheckedUpstream, checkUpstream, upstreamName } from "./check-upstream.ts";
import { type Finding, Findings } from "./finding.ts";
import { limitsFurther } from "./limits-further.ts";
import type { LoadedManifest } from "./load.ts";
import type { Accessor } from "./locate.ts";
import { ManifestRegistrar } from "./registrar.ts";
import { serialise } from "./serialise.ts";

/** Everything the generated entry says, before it is written down. */
export interface CompiledManifest {
  readonly hash: string;
  readonly trie: TrieData;
  readonly when: string;
  readonly routes: readonly string[];
  readonly policies: readonly string[];
  readonly unmatched: string;
  readonly upstreams: Readonly<Record<string, string>>;
  readonly credentials: readonly string[];
  readonly values: readonly Accessor[];
  /** Names of what is used, so that only that is imported. */
  readonly policyNames: readonly string[];
  readonly actionNames: readonly string[];
  readonly credentialTypes: readonly string[];
  readonly presenterNames: readonly string[];
  /** Whether any upstream sheds. */
  readonly sheds: boolean;
  /** Whether any has a concurrency limit. */
  readonly limitsUpstreams: boolean;
  readonly partNames: readonly PartName[];
  /** Names of the variables and secrets that the manifest reads. */
  readonly variables: readonly string[];
  /** Absolute paths of what was read: the manifest's modules, and the files that routes answer with. */
  readonly files: readonly string[];
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
  const registrar = new ManifestRegistrar(dirname(manifest.file), root, locations, placeOf);

  const callable = [
    ...locations.upstreams,
    ...checked.routes.flatMap(({ action }) => calledUpstreams(action)),
  ];
  const routes = checked.routes.map((route) => {
    registrar.place = route.place.into(findings);
    return compileRoute(route, limitsFurther(route, callable), registrar);
  });
  for (const upstream of locations.upstreams) registrar.upstream(upstream);
  const upstreams: Record<string, string> = {};
  const presenterNames = new Set<string>();
  let sheds = false;
  let limitsUpstreams = false;
  for (const [name, declaration] of registrar.upstreams) {
    registrar.place = placeOf(declaration);
    const options = checkUpstream(declaration, config, registrar.place);
    if (options === undefined) continue;
    upstreams[name] = serialise({ name, ...options, ...tellsByName(options, registrar) }, registrar);
    sheds ||= options.shed !== undefined;
    limitsUpstreams ||= options.concurrency !== undefined;
    for (const [presenter] of options.presents ?? []) presenterNames.add(presenter);
  }
  const finishing = finishingPolicies(options.defaults ?? {});
  const data = {
    trie: compileTrie(checked.routes, options.paths),
    when: compileWhen(checked.routes),
    routes,
    unmatched: compileUnmatched(finishing, registrar),
    policies: [...registrar.policies.keys()],
    upstreams,
    credentials: registrar.credentials,
    stores: { counters: "auto", responses: "cache-api", ...options.stores },
  };
  const used = checked.routes.flatMap(({ policies }) => policies.map(({ name }) => name));
  const policyNames = [...new Set(["access", ...used, ...finishing.map(([name]) => name)])];
  const credentialTypes = [...registrar.credentialTypes];
  const usedParts = [
    ...policyNames.flatMap((name) => usesOf(policies, name)),
    ...checked.routes.flatMap(({ action }) => usesOf(actions, action.name, action.options)),
    ...credentialTypes.flatMap((type) => usesOf(credentials, type)),
    ...registrar.parts,
    ...(limitsUpstreams ? (["permits"] as const) : []),
  ];
  return {
    ...data,
    hash: hashOf(JSON.stringify(data), manifest.modules),
    values: registrar.values,
    variables: [...registrar.variables],
    files: [manifest.file, ...manifest.modules.map(({ file }) => file), ...registrar.files],
    policyNames,
    actionNames: [...new Set(["respond", ...checked.routes.map(({ action }) => action.name)])],
    credentialTypes,
    presenterNames: [...presenterNames],
    sheds,
    limitsUpstreams,
    partNames: [...new Set(usedParts)].toSorted(),
    findings,
  };
}

/** Whoever is told of an upstream is met by name: the two may tell of each other. */
function tellsByName({ signals }: CheckedUpstream, registrar: ManifestRegistrar): object {
  if (signals === undefined) return {};
  registrar.parts.add("signals");
  const { to } = signals;
  return { signals: { ...signals, to: { ...to, upstream: registrar.upstream(to.upstream) } } };
}

/** What a policy, action or credential may say that it uses: always, or with such options. */
type Uses = readonly PartName[] | ((options: never) => readonly PartName[]);

/** What the policies, actions or credentials of a name say that they use. */
function usesOf(
  modules: Readonly<Record<string, { options: unknown; uses?: Uses }>>,
  name: string,
  options?: unknown,
): readonly PartName[] {
  const uses = modules[name]?.uses ?? [];
  return typeof uses === "function" ? uses(options as never) : uses;
}

function compileTrie(routes: readonly CheckedRoute[], paths: PathPolicy): TrieData {
  const entries = routes.map(({ pattern, when }, index) => {
    const host = when?.host;
    return { pattern, index, ...(host !== undefined && { host }) };
  });
  return buildTrie(entries, paths);
}

/** The predicates of the routes that have some; the host is the tree's business. */
function compileWhen(routes: readonly CheckedRoute[]): string {
  const entries = routes.flatMap((route, index) => {
    const { host: _, ...predicates } = route.when ?? {};
    return Object.keys(predicates).length === 0 ? [] : [[index, predicates]];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

function compileRoute(route: CheckedRoute, limitedFurther: boolean, registrar: ManifestRegistrar): string {
  const { always, conditional, onTrial } = route.access;
  const { id, authenticates, variant } = route.facts;
  const asks = authenticates || onTrial.length > 0;
  const access = {
    always,
    ...(conditional.length > 0 && { conditional }),
    ...(onTrial.length > 0 && { onTrial }),
  };
  return serialise(
    {
      id,
      ...(authenticates && { authenticates }),
      ...(variant !== undefined && { variant }),
      ...(limitedFurther && { limitedFurther }),
      deadline: route.deadline,
      policies: [
        ...(asks ? [registrar.policy("access", access)] : []),
        ...madeTogether(route.policies).map(({ name, options }) => registrar.policy(name, options)),
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
function compileUnmatched(
  finishing: ReturnType<typeof finishingPolicies>,
  registrar: ManifestRegistrar,
): string {
  return serialise(
    {
      id: "",
      deadline: 30_000,
      policies: finishing.map(([name, options]) => registrar.policy(name, options)),
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
