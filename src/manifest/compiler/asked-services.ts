import type { CompiledAuthorize } from "../../authorization/schema.ts";
import { type AccessRule, type CredentialDeclaration, isCredential } from "../../identity/declare.ts";
import type { CheckedRoute } from "./check-routes.ts";
import { credentialQuestions } from "./credential-questions.ts";

/** How often stores and services may be asked, at worst, whether one request of the route may pass. */
export function askedServices({ access, policies }: CheckedRoute): number {
  const { always, conditional, onTrial } = access;
  const rules = [
    ...(always === "public" ? [] : [always]),
    ...[...conditional, ...onTrial].map(({ rule }) => rule),
  ];
  const asks = policies.some(
    ({ name, options }) =>
      name === "authorize" && (options as CompiledAuthorize).rules.some(({ ask }) => ask),
  );
  const asked = rules
    .flatMap(credentialsOf)
    .reduce((sum, credential) => sum + credentialQuestions(credential), 0);
  return asked + (asks ? 1 : 0);
}

function credentialsOf(rule: AccessRule): CredentialDeclaration[] {
  if ("anyOf" in rule) return rule.anyOf.flatMap(credentialsOf);
  if ("allOf" in rule) return rule.allOf.flatMap(credentialsOf);
  return isCredential(rule) ? [rule] : [];
}
