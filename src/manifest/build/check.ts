import { accessSchema } from "../../identity/access-schema.ts";
import { credentials } from "../../identity/credentials/registry.ts";
import { type Access, type CredentialDeclaration, isCredential } from "../../identity/declare.ts";
import { parsePathPattern } from "../../match/pattern.ts";
import type { GatewayOptions } from "../define.ts";
import { checkDuplicates } from "./check-duplicates.ts";
import { checkSecrets, type WranglerConfig } from "./check-environment.ts";
import { checkReferences } from "./check-references.ts";
import { type CheckedRoute, checkGroup, checkLevel } from "./check-routes.ts";
import { checkSubrequests } from "./check-subrequests.ts";
import { type Finding, Findings } from "./finding.ts";
import type { LoadedManifest } from "./load.ts";
import { type Locations, locate } from "./locate.ts";
import { parse } from "./parse.ts";
import { gatewaySchema } from "./settings.ts";

/** A manifest in which no mistake was found, if `findings` is empty. */
export interface CheckedManifest {
  readonly options: GatewayOptions;
  readonly routes: readonly CheckedRoute[];
  readonly locations: Locations;
  readonly findings: readonly Finding[];
}

/** Judges a whole manifest and reports every mistake at once. */
export function checkManifest(manifest: LoadedManifest, config: WranglerConfig): CheckedManifest {
  const all = [...manifest.findings];
  const locations = locate(manifest.modules);
  const options = manifest.gateway?.options ?? { routes: [] };
  const root = manifest.modules[0]?.name ?? manifest.file;
  const gateway = new Findings(all, root);
  parse(gatewaySchema(), options, gateway);
  const defaults = (options.defaults ?? {}) as Readonly<Record<string, unknown>>;
  checkLevel(defaults, gateway.at("defaults"));
  for (const [index, { match }] of (options.require ?? []).entries()) {
    const pattern = parsePathPattern(match);
    if ("error" in pattern) gateway.at("require", index, "match").add(pattern.error);
  }
  const groups = Array.isArray(options.routes) ? options.routes.filter(({ kind }) => kind === "routes") : [];
  const routes = groups.flatMap((group) =>
    checkGroup(group, options, new Findings(all, locations.fileOf(group) ?? root)),
  );
  checkDuplicates(routes);
  checkSubrequests(routes, options.workersPlan === "paid" ? "paid" : "free");
  const seen = new Set<CredentialDeclaration["options"]>();
  for (const route of routes) {
    checkReferences(route);
    if (route.declared !== undefined) checkAccess(route.declared, route.place.at("access"), config, seen);
    for (const { name, options } of route.policies) checkSecrets(options, config, route.place.at(name));
    checkSecrets(route.action.options, config, route.place.at(route.action.name));
  }
  for (const [index, { access }] of (options.require ?? []).entries()) {
    checkAccess(access, gateway.at("require", index, "access"), config, seen);
  }
  return { options, routes, locations, findings: all };
}

/** Judges an access rule, and each credential declaration once, where it is first used. */
function checkAccess(access: unknown, findings: Findings, config: WranglerConfig, seen: Set<unknown>): void {
  if (parse(accessSchema(), access as Access, findings) === undefined) return;
  for (const { type, options } of credentialsOf(access as Access)) {
    if (seen.has(options)) continue;
    seen.add(options);
    parse(credentials[type as keyof typeof credentials].options(), options as never, findings);
    checkSecrets(options, config, findings);
  }
}

function credentialsOf(access: Access): readonly CredentialDeclaration[] {
  if (access === "public") return [];
  if (isCredential(access)) return [access];
  return ("anyOf" in access ? access.anyOf : access.allOf).flatMap(credentialsOf);
}
