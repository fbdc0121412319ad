import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { CredentialDeclaration } from "../../identity/declare.ts";
import { buildTrie } from "../../match/trie.ts";
import { policies } from "../../policies/registry.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import type { CheckedManifest } from "./check.ts";
import { credentialModule } from "./check-access.ts";
import type { WranglerConfig } from "./check-environment.ts";
import type { CheckedRoute } from "./check-routes.ts";
import { checkUpstream, upstreamName } from "./check-upstream.ts";
import { type Finding, Findings } from "./finding.ts";
import type { LoadedManifest } from "./load.ts";
import type { Accessor } from "./locate.ts";
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
  const used = {
    policies: new Set<string>(["access"]),
    actions: new Set<string>(["respond"]),
    credentials: new Set<string>(),
  };

  /** Where that stands which is being compiled. */
  let at = root;
  const placeOf = (declaration: UpstreamDeclaration) =>
    new Findings(findings, locations.fileOf(declaration) ?? manifest.file, [
      `upstream "${upstreamName(declaration)}"`,
    ]);
  const declared = new Map<string, UpstreamDeclaration>();
  const clashes = new Set<UpstreamDeclaration>();
  const values: Accessor[] = [];
  const variables = new Set<string>();
  const valueIndex = new Map<unknown, number>();
  const credentialIndex = new Map<unknown, number>();
  const credentialJson: string[] = [];

  const registrar: Registrar = {
    upstream(declaration) {
      const name = upstreamName(declaration);
      const first = declared.get(name) ?? declaration;
      declared.set(name, first);
      if (first !== declaration && !clashes.has(declaration)) {
        clashes.add(declaration);
        placeOf(declaration).add(
          "two upstreams have this name",
          "Import the object instead of declaring it again.",
        );
      }
      return name;
    },
    credential: ({ type, options }: CredentialDeclaration) => {
      const known = credentialIndex.get(options);
      if (known !== undefined) return known;
      const index = credentialJson.push("") - 1;
      credentialIndex.set(options, index);
      const module = credentialModule(type, at);
      if (module === undefined) return index;
      used.credentials.add(type);
      // Where its options are wrong, the check has said so.
      const parsed = module.options().safeParse(options);
      if (parsed.success) credentialJson[index] = serialise({ type, options: parsed.data }, registrar);
      return index;
    },
    variable: (name) => variables.add(name),
    value(value) {
      const known = valueIndex.get(value);
      if (known !== undefined) return known;
      const accessor = locations.of(value);
      if (accessor === undefined) {
        at.add(
          "a function or app is not reachable from what its module exports",
          "Export the group, upstream or object that holds it from the module that declares it.",
        );
      }
      const index = values.push(accessor ?? { file: manifest.file, expression: "" }) - 1;
      valueIndex.set(value, index);
      return index;
    },
  };

  const routes = checked.routes.map((route) => {
    for (const { name } of route.policies) used.policies.add(name);
    used.actions.add(route.action.name);
    at = route.place.into(findings);
    return compileRoute(route, registrar);
  });
  for (const upstream of locations.upstreams) registrar.upstream(upstream);
  const upstreams: Record<string, string> = {};
  // A Map's iteration also meets what is added on the way: an upstream may be named by a credential's key set.
  for (const [name, declaration] of declared) {
    at = placeOf(declaration);
    const options = checkUpstream(declaration, config, at);
    if (options !== undefined) upstreams[name] = serialise({ name, ...options }, registrar);
  }

  const unmatched = compileUnmatched(options.defaults ?? {}, registrar, used.policies);
  const trie = JSON.stringify(
    buildTrie(
      checked.routes.map(({ pattern, when }, index) => ({
        pattern,
        index,
        ...(when?.host !== undefined && { host: when.host }),
      })),
    ),
  );
  const when = JSON.stringify(
    Object.fromEntries(
      checked.routes.flatMap((route, index) => {
        const { host: _, ...predicates } = route.when ?? {};
        return Object.keys(predicates).length === 0 ? [] : [[index, predicates]];
      }),
    ),
  );
  const stores = { counters: "auto", responses: "cache-api", ...options.stores };
  const data = { trie, when, routes, unmatched, upstreams, credentials: credentialJson, stores };
  return {
    ...data,
    hash: hashOf(JSON.stringify(data), manifest.modules),
    values,
    variables: [...variables],
    policies: [...used.policies],
    actions: [...used.actions],
    credentialTypes: [...used.credentials],
    findings,
  };
}

function compileRoute(route: CheckedRoute, registrar: Registrar): string {
  const access = route.facts.authenticates ? [["access", route.access]] : [];
  return serialise(
    {
      ...route.facts,
      deadline: route.deadline,
      websocket: route.websocket,
      policies: [...access, ...route.policies.map(({ name, options }) => [name, options])],
      action: [route.action.name, route.action.options],
    },
    registrar,
  );
}

/** The plan of what no route answers: the gateway-wide finishing policies, and an action that never runs. */
function compileUnmatched(defaults: object, registrar: Registrar, used: Set<string>): string {
  const finishing = Object.entries(defaults).filter(([name]) => FINISHING.includes(name));
  const compiled = finishing.flatMap(([name, value]) => {
    used.add(name);
    const parsed = policies[name as keyof typeof policies].options().safeParse(value);
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return serialise(
    {
      id: "",
      method: "ANY",
      pattern: "",
      authenticates: false,
      deadline: 30_000,
      websocket: false,
      policies: compiled,
      action: ["respond", { status: 404, headers: [], body: null }],
    },
    registrar,
  );
}

const FINISHING = ["cors", "securityHeaders"];

/** The manifest's fingerprint: what was compiled, and the sources that its functions come from. */
function hashOf(data: string, modules: LoadedManifest["modules"]): string {
  const hash = createHash("sha256").update(data);
  for (const { name, file } of modules.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`\0${name}\0`).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}
