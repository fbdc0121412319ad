import type { Reference, ReferenceScope } from "./template.ts";

/** The value a reference names; undefined where there is none. Inherited properties are none. */
export function resolve(reference: Reference, scope: ReferenceScope): unknown {
  const [root, name] = reference;
  switch (root) {
    case "params":
      return dig(scope.params, reference, 1);
    case "query":
      return isNamed(name, reference) ? (scope.query.get(name) ?? undefined) : undefined;
    case "headers":
      return isNamed(name, reference) ? (scope.headers.get(name) ?? undefined) : undefined;
    case "identity":
      return dig(scope.identity, reference, 1);
    case "request":
      return dig(scope.request, reference, 1);
    default:
      return dig(scope.steps, reference, 0);
  }
}

function isNamed(name: string | undefined, reference: Reference): name is string {
  return name !== undefined && reference.length === 2;
}

function dig(from: unknown, keys: Reference, start: number): unknown {
  let value = from;
  for (let index = start; index < keys.length; index++) {
    const key = keys[index]!;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
