import { suggest } from "../../schema/suggest.ts";
import type { Path } from "./expression.ts";
import { Mistake } from "./mistake.ts";

/** What a value is known to be. `any`: a claim, which may be anything. */
export type Type = "string" | "number" | "boolean" | "list" | "address" | "any";

/** What expressions may name, and its type. `*` stands for one name of the author's own, `**` for one or more. */
const KNOWN: Readonly<Record<string, Type>> = {
  "request.method": "string",
  "request.path": "string",
  "request.params.*": "string",
  "request.query.*": "string",
  "request.headers.*": "string",
  "request.address": "address",
  "request.scheme": "string",
  "request.host": "string",
  "identity.id": "string",
  "identity.subject": "string",
  "identity.issuer": "string",
  "identity.scopes": "list",
  "identity.roles": "list",
  "identity.claims.**": "any",
  "identity.consumer": "string",
  "identity.plan": "string",
  "identity.credential": "string",
};
const PREFIXES = Object.keys(KNOWN).flatMap((known) => /^(.+\.)\*+$/.exec(known)?.[1] ?? []);

/** RFC 9110 §5.1. */
const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** The path that is written, and its type. @throws Mistake where there is no such value */
export function knownPath(
  names: readonly string[],
  at: number,
): { readonly path: Path; readonly type: Type } {
  const written = names.join(".");
  const [root = "", field = "", ...rest] = names;
  const type =
    rest.length === 0
      ? KNOWN[`${root}.${field}`]
      : ((rest.length === 1 ? KNOWN[`${root}.${field}.*`] : undefined) ?? KNOWN[`${root}.${field}.**`]);
  // Names with dots or stars of their own must not pass for others.
  const plain = [root, field].every((name) => /^[a-z]+$/.test(name));
  if (type !== undefined && plain) {
    const isHeader = root === "request" && field === "headers";
    if (isHeader && !rest.every((name) => FIELD_NAME.test(name))) {
      throw new Mistake(at, `"${rest.join()}" is no header name`);
    }
    return { path: [root, field, ...(isHeader ? rest.map((name) => name.toLowerCase()) : rest)], type };
  }
  if (PREFIXES.includes(`${written}.`)) throw new Mistake(at, `"${written}" needs a name after it`);
  throw new Mistake(at, `there is no "${written}"`, suggest(written, candidates(rest)) ?? HINT);
}

const HINT = 'Names begin with "request." or "identity.", and text stands in quotes.';

/** Everything that may have been meant, with the author's own names in their places. */
function candidates(names: readonly string[]): string[] {
  return Object.keys(KNOWN).map((known) => known.replace(/\*+$/, () => names.join(".") || "<name>"));
}
