import { type AccessRule, type CredentialDeclaration, isCredential } from "../../identity/declare.ts";
import type { CompiledExternalAuth } from "../../identity/external-auth/options.ts";
import type { CheckedRoute } from "./check-routes.ts";

/** Reports a credential whose service tells origins of one caller, on a route whose answers others are given too. */
export function checkOriginFields({ access, policies, place }: CheckedRoute): void {
  if (!policies.some(({ name }) => name === "cache")) return;
  const { always, conditional } = access;
  const rules = [...(always === "public" ? [] : [always]), ...conditional.map(({ rule }) => rule)];
  if (!rules.flatMap(credentialsOf).some(tellsOrigins)) return;
  place
    .at("access")
    .add(
      "toOrigin of externalAuth would decide a response that is cached for others",
      "Take the cache from this route, or a credential without toOrigin.",
    );
}

/** Its options are judged elsewhere, and may be anything here. */
function tellsOrigins({ type, options }: CredentialDeclaration): boolean {
  const { toOrigin } = (options ?? {}) as Partial<CompiledExternalAuth>;
  return type === "externalAuth" && Array.isArray(toOrigin) && toOrigin.length > 0;
}

function credentialsOf(rule: AccessRule): CredentialDeclaration[] {
  if ("anyOf" in rule) return rule.anyOf.flatMap(credentialsOf);
  if ("allOf" in rule) return rule.allOf.flatMap(credentialsOf);
  return isCredential(rule) ? [rule] : [];
}
