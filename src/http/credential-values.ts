import { isCredentialName } from "./credential-name.ts";
import { parameterName } from "./parameter-name.ts";

/** Whatever is shorter is not looked for elsewhere: it stands in texts that have nothing to do with it. */
const SHORTEST = 6;
/** The same, for what may well be a plain word: cookies and parameters. */
const SHORTEST_OF_MANY = 12;

type Fields = ReadonlyArray<readonly [name: string, value: string]>;

/**
 * The credentials that an exchange holds, so that they can be left out wherever they turn up. The longest first,
 * because one may hold another.
 * @param target a path or URL with its query
 * @param fields header fields of the request, and of its answer
 * @param isCredential whether a name, in lower case, is a credential's
 */
export function credentialValues(
  target: string,
  fields: Fields,
  isCredential: (name: string) => boolean = isCredentialName,
): string[] {
  const many = [
    ...parametersOf(target)
      .filter(([name]) => isCredential(name))
      .flatMap(([, value]) => [value, decoded(value)]),
    ...fields.flatMap(cookiesOf),
  ];
  const values = [
    ...many.filter(({ length }) => length >= SHORTEST_OF_MANY),
    ...fieldValues(fields, isCredential).filter(({ length }) => length >= SHORTEST),
  ];
  return [...new Set(values)].sort((a, b) => b.length - a.length);
}

/** The parameters of a target's query: names decoded and in lower case, values as they stand. */
export function parametersOf(target: string): Array<readonly [name: string, value: string]> {
  const at = target.indexOf("?");
  if (at === -1) return [];
  return target
    .slice(at + 1)
    .split("&")
    .map((pair) => {
      const [name = ""] = pair.split("=", 1);
      return [parameterName(name), pair.slice(name.length + 1)] as const;
    });
}

function fieldValues(fields: Fields, isCredential: (name: string) => boolean): string[] {
  return fields.flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (!isCredential(lower) || lower === "set-cookie") return [];
    // What follows the scheme, as in `Bearer …`, is the secret itself.
    return lower === "cookie" ? [value] : [value, value.slice(value.indexOf(" ") + 1)];
  });
}

/** The values of cookies, one by one. */
function cookiesOf([name, value]: Fields[number]): string[] {
  const lower = name.toLowerCase();
  if (lower === "cookie") return value.split(";").map((pair) => afterSign(pair).trim());
  return lower === "set-cookie" ? [afterSign(value.split(";", 1)[0] ?? "").trim()] : [];
}

/** A cookie without a sign is all value (RFC 6265bis §5.6). */
function afterSign(pair: string): string {
  return pair.slice(pair.indexOf("=") + 1);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch {
    return value;
  }
}
