import { isCredentialName } from "../http/credential-name.ts";
import { credentialValues, parametersOf } from "../http/credential-values.ts";
import { foldName } from "../http/fold-name.ts";
import { redactParameters } from "../http/redact-parameters.ts";
import { type CredentialNames, NO_NAMES } from "./credential-names.ts";
import type { Field } from "./traced.ts";

/** Stands for what nobody is shown. */
export const REDACTED = "(redacted)";

/** Parameters that are one often enough: of OAuth and of Google. A JSON member or header of that name is none. */
const PARAMETER = /^(?:code|key)$/;
/** A shorter value would be found in texts that have nothing to do with it. */
const SHORTEST = 6;

/** Leaves credentials out of what is shown: those that go by a name that tells, and those of declared names. */
export interface Redactor {
  /** A header field as it may be shown: what may be a credential is not, but for its scheme. */
  field(field: Field): Field;
  /** A URL as it may be shown, or a text that holds some: without what may be credentials. */
  url(url: string): string;
  /** A body of text as it may be shown, cut off or not: without members, or fields of a form, that may be credentials. */
  body(text: string): string;
  /** The credentials that a request presents, to be left out of whatever they turn up in, as they may be written there. */
  presented(url: string, fields: readonly Field[]): Replacements;
  /** Whether a header field may be a credential. */
  isField(name: string): boolean;
  /** Whether a query parameter may be a credential. @param name decoded, in lower case */
  isParameter(name: string): boolean;
}

/** @param names under which the manifest has credentials travel */
export function redactorOf(names: CredentialNames = NO_NAMES): Redactor {
  const headers = new Set(names.headers);
  const parameters = new Set(names.parameters);
  const isDeclaredField = (name: string) => headers.has(foldName(name.toLowerCase()));
  const isField = (name: string) => isCredentialName(name) || isDeclaredField(name);
  const isParameter = (name: string) =>
    isCredentialName(name) || PARAMETER.test(name) || parameters.has(name);
  const url = (text: string) =>
    redactParameters(text.replace(/\/\/[^/?#\s]*@/g, `//${REDACTED}@`), isParameter, REDACTED);

  return {
    isField,
    isParameter,
    url,
    field([name, value]) {
      if (!isField(name)) return [name, url(value)];
      const scheme = /authorization$/i.test(name) ? /^[A-Za-z-]+ /.exec(value)?.[0] : undefined;
      return [name, `${scheme ?? ""}${REDACTED}`];
    },
    body(text) {
      const members = text.replace(
        /("((?:[^"\\]|\\.)*)"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?$)/g,
        (whole, lead: string, name: string) => (isCredentialName(name) ? `${lead}"${REDACTED}"` : whole),
      );
      return /^[^\s={["<]+=/.test(members)
        ? redactParameters(`&${members}`, isParameter, REDACTED).slice(1)
        : members;
    },
    presented(target, fields) {
      const declared = [
        ...parametersOf(target)
          .filter(([name]) => parameters.has(name))
          .flatMap(([, value]) => [value, decoded(value)]),
        ...fields.filter(([name]) => isDeclaredField(name)).map(([, value]) => value),
      ].filter(({ length }) => length >= SHORTEST);
      const values = [...credentialValues(target, fields, isParameter), ...declared].flatMap(spellings);
      return [...new Set(values)]
        .sort((a, b) => b.length - a.length)
        .map((value) => [value, REDACTED] as const);
    },
  };
}

/** A text as it stands, and as it would in a URL, a form and JSON. */
export function spellings(text: string): string[] {
  const wellFormed = text.toWellFormed();
  return [
    text,
    encodeURIComponent(wellFormed),
    new URLSearchParams({ "": wellFormed }).toString().slice(1),
    JSON.stringify(text).slice(1, -1),
  ];
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch {
    return value;
  }
}

/** Texts that stand for others, the longest first: values of secrets for their names. */
export type Replacements = ReadonlyArray<readonly [text: string, shown: string]>;

/** Replaces texts wherever they occur in plain data, keys left out. */
export function replaceTexts<T>(data: T, replacements: Replacements): T {
  const replace = (value: unknown): unknown => {
    if (typeof value === "string") {
      return replacements.reduce((text, [from, to]) => text.replaceAll(from, () => to), value);
    }
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]));
  };
  return replace(data) as T;
}
