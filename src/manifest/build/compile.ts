import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { credentials } from "../../identity/credentials/registry.ts";
import type { CredentialDeclaration } from "../../identity/declare.ts";
import { buildTrie } from "../../match/trie.ts";
import { policies } from "../../policies/registry.ts";
import { duration } from "../../schema/duration.ts";
import { suggest } from "../../schema/suggest.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import type { CheckedManifest } from "./check.ts";
import { checkUpstream, type WranglerConfig } from "./check-environment.ts";
import type { CheckedRoute } from "./check-routes.ts";
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

  const declared = new Map<string, UpstreamDeclaration>();
  const values: Accessor[] = [];
  const variables = new Set<string>();
  const valueIndex = new Map<unknown, number>();
  const credentialIndex = new Map<unknown, number>();
  const credentialJson: string[] = [];

  const registrar: Registrar = {
    upstream(declaration) {
      const { name } = declaration;
      const first = declared.get(name);
      declared.set(name, declaration);
      if (first !== undefined && first !== declaration) {
        root
          .at(`upstream "${name}"`)
          .add("two upstreams have this name", "Import the object instead of declaring it again.");
      }
      return name;
    },
    credential: ({ type, options }: CredentialDeclaration) => {
      const known = credentialIndex.get(options);
      if (known !== undefined) return known;
      used.credentials.add(type);
      const schema = credentials[type as keyof typeof credentials].options();
      const parsed = schema.safeParse(options);
      const index = credentialJson.push("") - 1;
      credentialIndex.set(options, index);
      credentialJson[index] = serialise({ type, options: parsed.success ? parsed.data : options }, registrar);
      return index;
    },
    variable: (name) => variables.add(name),
    value(value) {
      const known = valueIndex.get(value);
      if (known !== undefined) return known;
      const accessor = locations.of(value);
      if (accessor === undefined) {
        root.add(
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
    return compileRoute(route, registrar);
  });
  for (const upstream of locations.upstreams) registrar.upstream(upstream);
  const upstreams: Record<string, string> = {};
  // A Map's iteration also meets what is added on the way: an upstream may be named by a credential's key set.
  for (const [name, declaration] of declared) {
    const place = new Findings(findings, locations.fileOf(declaration) ?? "", [`upstream "${name}"`]);
    checkUpstream(declaration, config, place);
    const { origin, timeout } = declaration.options;
    const parsed = timeout === undefined ? undefined : duration({ min: "1ms" }).safeParse(timeout);
    for (const issue of parsed?.error?.issues ?? []) place.at("timeout").add(issue.message);
    for (const key of Object.keys(declaration.options)) {
      if (key !== "origin" && key !== "timeout")
        place.at(key).add(`unknown key "${key}"`, suggest(key, ["origin", "timeout"]));
    }
    upstreams[name] = serialise(
      { name, origin, ...(parsed?.success && { timeout: parsed.data }) },
      registrar,
    );
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
