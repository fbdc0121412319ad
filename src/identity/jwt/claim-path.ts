type Claims = Readonly<Record<string, unknown>>;

/**
 * The names that a claim holds: a list of texts, or one text with spaces between them. A claim of any other form holds
 * none.
 * @param path see {@link claimAt}
 */
export function namesIn(claims: Claims, path: string): readonly string[] {
  const value = claimAt(claims, path);
  if (typeof value === "string") return value.split(" ").filter(isName);
  return Array.isArray(value) ? value.filter(isName) : [];
}

/** The one name that a claim holds; undefined where it holds anything else. */
export function nameIn(claims: Claims, path: string): string | undefined {
  const value = claimAt(claims, path);
  return isName(value) ? value : undefined;
}

/**
 * A claim by its name, as it is written or, where no claim has that name, as a path of members with dots between them:
 * `realm_access.roles`. Names may hold dots themselves: `https://shop.example/roles`.
 */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Claims)[name];
  }
  return value;
}

/** Lone surrogates would make one name of two once it is written as UTF-8. */
function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.isWellFormed();
}
