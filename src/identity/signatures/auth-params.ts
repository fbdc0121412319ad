const PARAMETER = /\s*([A-Za-z]+)=(?:"([\x20\x21\x23-\x5b\x5d-\x7e]*)"|([\w!#$%&'*+.^`|~-]+))\s*(?:,|$)/y;

/**
 * Reads the parameters of an `Authorization` field of one scheme (RFC 9110 §11.6.2): names with letters only, values
 * as tokens or as quoted strings without escapes.
 * @param scheme in lower case
 * @returns undefined where the field is not of the scheme; a fault where it is, but cannot be read in one way
 */
export function readAuthParams(
  authorization: string,
  scheme: string,
): ReadonlyMap<string, string> | { readonly fault: string } | undefined {
  const end = scheme.length;
  if (authorization.slice(0, end).toLowerCase() !== scheme) return undefined;
  if (authorization.charAt(end) !== " ")
    return authorization.length === end ? { fault: "it is empty" } : undefined;
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = end;
  while (PARAMETER.lastIndex < authorization.length) {
    const [, name, quoted, token] = PARAMETER.exec(authorization) ?? [];
    if (name === undefined) return { fault: "it is not a list of parameters" };
    const key = name.toLowerCase();
    if (parameters.has(key)) return { fault: `it has "${key}" twice` };
    parameters.set(key, quoted ?? token ?? "");
  }
  return parameters;
}
