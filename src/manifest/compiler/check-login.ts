import type { LoginOptions } from "../../actions/login/login.ts";
import { type AccessRule, type CredentialDeclaration, isCredential } from "../../identity/declare.ts";
import type { AccessCheck } from "./check-access.ts";
import type { CheckedRoute } from "./check-routes.ts";

/** Reports credentials that people log in for, but nowhere can: their routes are declared by a call of their own. */
export function checkLogin(routes: readonly CheckedRoute[], checkAccess: AccessCheck): void {
  const answered = new Set<unknown>();
  for (const { action, access, facts, place } of routes) {
    if (action.name !== "login") continue;
    if (facts.authenticates) {
      const reason = "the way to log in asks for a credential itself, which nobody has yet";
      const rule = access.conditional[0]?.match;
      place.at("access").add(reason, rule && `Narrow the require rule of ${rule}.`);
    }
    const { credential } = action.options as LoginOptions;
    answered.add(credential.options);
    // It may be named by no rule, and so be judged nowhere else.
    checkAccess(credential, place.at("login", "credential"));
  }
  const reported = new Set<unknown>();
  for (const { access, place } of routes) {
    for (const { type, options } of credentialsOf(access)) {
      if (type !== "oidc" || answered.has(options) || reported.has(options)) continue;
      reported.add(options);
      place
        .at("access")
        .add(
          "nobody can log in for this oidc credential",
          "Add oidcRoutes(…) of it to the gateway's routes.",
        );
    }
  }
}

function credentialsOf({ always, conditional, onTrial }: CheckedRoute["access"]): CredentialDeclaration[] {
  const rules = [
    ...(always === "public" ? [] : [always]),
    ...[...conditional, ...onTrial].map(({ rule }) => rule),
  ];
  return rules.flatMap(named);
}

function named(rule: AccessRule): CredentialDeclaration[] {
  if (isCredential(rule)) return [rule];
  return ("anyOf" in rule ? rule.anyOf : rule.allOf).flatMap(named);
}
