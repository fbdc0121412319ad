import type { Identity } from "../identity.ts";
import type { CompiledExternalAuth } from "./options.ts";

type Fields = ReadonlyArray<readonly [name: string, value: string]>;

/** Longest name of a caller, in characters. */
const LONGEST_SUBJECT = 256;

const fieldsByIdentity = new WeakMap<Identity, Fields>();

/** What the service that vouches for an identity has for the origin; undefined where it has nothing. */
export function originFieldsOf(identity: Identity): Fields | undefined {
  return fieldsByIdentity.get(identity);
}

/**
 * Whom a 2xx answer lets pass; undefined where it does not say.
 * @param service name of its upstream
 */
export function permissionOf(
  headers: Headers,
  service: string,
  { identity: names, toOrigin }: Pick<CompiledExternalAuth, "identity" | "toOrigin">,
): Identity | undefined {
  const subject = headers.get(names.subject) ?? "";
  if (subject === "" || subject.length > LONGEST_SUBJECT) return undefined;
  const issuer = `external:${service}`;
  const roles = listOf(headers, names.roles);
  const identity: Identity = Object.freeze({
    id: `${issuer}#${subject}`,
    subject,
    issuer,
    claims: Object.freeze({}),
    scopes: listOf(headers, names.scopes),
    ...(roles.length > 0 && { roles }),
    credential: "externalAuth",
  });
  const fields = toOrigin.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  if (fields.length > 0) fieldsByIdentity.set(identity, fields);
  return identity;
}

function listOf(headers: Headers, name: string | undefined): readonly string[] {
  const value = name === undefined ? "" : (headers.get(name) ?? "");
  return Object.freeze(value.split(/[\s,]+/).filter((part) => part !== ""));
}
