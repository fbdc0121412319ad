import { type AccessRule, isCredential } from "../../identity/declare.ts";
import type { CheckedRoute } from "./check-routes.ts";

/** Whether a credential of the route is proved with keys that may have to be fetched first. */
export function fetchesKeys({ access }: CheckedRoute): boolean {
  const { always, conditional, onTrial } = access;
  const rules = [
    ...(always === "public" ? [] : [always]),
    ...[...conditional, ...onTrial].map(({ rule }) => rule),
  ];
  return rules.flatMap(keySources).some((keys) => "url" in keys || "upstream" in keys || "discovery" in keys);
}

function keySources(rule: AccessRule): object[] {
  if ("anyOf" in rule) return rule.anyOf.flatMap(keySources);
  if ("allOf" in rule) return rule.allOf.flatMap(keySources);
  if (!isCredential(rule)) return [];
  const { issuers } = (rule.options ?? {}) as { readonly issuers?: unknown };
  return [issuers].flat().flatMap((issuer) => (hasKeys(issuer) ? [issuer.keys] : []));
}

/** A credential's options are judged elsewhere, and may be anything here. */
function hasKeys(value: unknown): value is { readonly keys: object } {
  return isObject(value) && "keys" in value && isObject(value.keys);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
