import { credentials } from "../../identity/credentials/registry.ts";
import type { ExternalAuthOptions } from "../../identity/external-auth/options.ts";

/** What an identity may hold that rules and requirements ask for. */
export type Right = "scopes" | "roles" | "claims";

/** What callers with a credential may ever hold. @param options as written: they are judged elsewhere, and may be anything */
export function grantsOf(type: string, options: unknown): ReadonlySet<Right> {
  if (type === "externalAuth") {
    const { identity } = (options ?? {}) as Partial<ExternalAuthOptions>;
    const told = (["scopes", "roles"] as const).filter((right) => identity?.[right] !== undefined);
    return new Set(told);
  }
  const module: object = Object.hasOwn(credentials, type)
    ? credentials[type as keyof typeof credentials]
    : {};
  // Whom such a credential names may be registered, and have roles there.
  return new Set("grants" in module ? ["roles"] : ["scopes", "roles", "claims"]);
}
