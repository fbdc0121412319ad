import { EXACT, type PathPolicy } from "../../match/path-policy.ts";
import type { GatewayOptions, RequireRule, RouteGroup } from "../define.ts";
import { accessCheck } from "./check-access.ts";
import { checkData } from "./check-data.ts";
import { checkDispatchedAccess } from "./check-dispatched-access.ts";
import { checkDuplicates } from "./check-duplicates.ts";
import { checkSecrets, type WranglerConfig } from "./check-environment.ts";
import { checkGrants } from "./check-grants.ts";
import { checkLogin } from "./check-login.ts";
import { checkOriginFields } from "./check-origin-fields.ts";
import { checkAcross, type Level } from "./check-policies.ts";
import { checkExchanges } from "./check-presented.ts";
import { checkReferences } from "./check-references.ts";
import { type CheckedRoute, checkDefaults, checkGroup, type Surroundings } from "./check-routes.ts";
import { checkSubrequests } from "./check-subrequests.ts";
import { type Finding, Findings } from "./finding.ts";
import type { LoadedManifest } from "./load.ts";
import { type Locations, locate } from "./locate.ts";
import { parse } from "./parse.ts";
import { gatewaySchema, groupSchema, isRecord, ruleSchema } from "./settings.ts";

/** A manifest in which no mistake was found, if `findings` is empty. */
export interface CheckedManifest {
  readonly options: Pick<GatewayOptions, "defaults" | "stores"> & { readonly paths: PathPolicy };
  readonly routes: readonly CheckedRoute[];
  readonly locations: Locations;
  readonly findings: readonly Finding[];
}

/** Judges a whole manifest, whatever stands in it, and reports every mistake at once. */
export function checkManifest(manifest: LoadedManifest, config: WranglerConfig): CheckedManifest {
  const findings = [...manifest.findings];
  const locations = locate(manifest.modules);
  const root = manifest.modules[0]?.name ?? manifest.file;
  const gateway = new Findings(findings, root);
  const written: unknown = manifest.gateway?.options;
  if (manifest.gateway === undefined || !checkData(written, gateway)) {
    return { options: { paths: EXACT }, routes: [], locations, findings };
  }
  const options = parse(gatewaySchema(), written, gateway);
  const { defaults, require: rules, routes: groups }: Level = isRecord(written) ? written : {};
  const surroundings = readSurroundings(defaults, rules, config, gateway);
  const routes = readGroups(groups, gateway).flatMap((group) =>
    checkGroup(group, surroundings, new Findings(findings, locations.fileOf(group) ?? root)),
  );
  const paths = options?.paths ?? EXACT;
  checkDuplicates(routes, paths);
  checkSubrequests(routes, options?.workersPlan ?? "free", paths);
  checkDispatchedAccess(routes, paths);
  checkAcross(routes);
  checkExchanges(routes);
  checkLogin(routes, surroundings.checkAccess);
  for (const route of routes) {
    checkReferences(route);
    checkOriginFields(route);
    checkGrants(route);
    for (const { name, options } of route.policies) checkSecrets(options, config, route.place.at(name));
    checkSecrets(route.action.options, config, route.place.at(route.action.name));
  }
  return {
    options: { defaults: surroundings.defaults, stores: options?.stores, paths },
    routes,
    locations,
    findings,
  };
}

function readSurroundings(
  defaults: unknown,
  rules: unknown,
  config: WranglerConfig,
  gateway: Findings,
): Surroundings {
  const level = isRecord(defaults) ? defaults : {};
  if (defaults !== undefined && !isRecord(defaults)) gateway.at("defaults").add("is an object");
  checkDefaults(level, gateway.at("defaults"));
  const checkAccess = accessCheck(config);
  const proved = listOf(rules ?? [], gateway.at("require")).flatMap((rule, index) => {
    const place = gateway.at("require", index);
    const parsed = parse(ruleSchema(), rule, place);
    const access = parsed && checkAccess(parsed.access, place.at("access"));
    // The schema has seen that it is one rule, neither public nor on trial by itself.
    return parsed === undefined || access === undefined
      ? []
      : [{ match: parsed.match, mode: parsed.mode, access: access.always as RequireRule["access"] }];
  });
  return { defaults: level, rules: proved, checkAccess };
}

function readGroups(groups: unknown, gateway: Findings): RouteGroup[] {
  return listOf(groups, gateway.at("routes")).flatMap((group, index) =>
    parse(groupSchema(), group, gateway.at("routes", index)) === undefined ? [] : [group as RouteGroup],
  );
}

function listOf(value: unknown, findings: Findings): readonly unknown[] {
  if (Array.isArray(value)) return value;
  findings.add("is a list");
  return [];
}
