import { isCredentialName } from "../http/credential-name.ts";
import { credentialValues } from "../http/credential-values.ts";
import { redactParameters } from "../http/redact-parameters.ts";
import type { Field } from "./traced.ts";

/** Stands for what nobody is shown. */
export const REDACTED = "(redacted)";

/** Parameters that are one often enough: of OAuth and of Google. A JSON member or header of that name is none. */
const PARAMETER = /^(?:code|key)$/;

/** A header field as it may be shown: what may be a credential is not, but for its scheme. */
export function redactField([name, value]: Field): Field {
  if (!isCredentialName(name)) return [name, redactUrl(value)];
  const scheme = /authorization$/i.test(name) ? /^[A-Za-z-]+ /.exec(value)?.[0] : undefined;
  return [name, `${scheme ?? ""}${REDACTED}`];
}

/** A URL as it may be shown, or a text that holds some: without what may be credentials. */
export function redactUrl(url: string): string {
  return redactParameters(url.replace(/\/\/[^/?#\s]*@/g, `//${REDACTED}@`), isCredentialParameter, REDACTED);
}

/** Whether a query parameter may be a credential. @param name decoded, in lower case */
export function isCredentialParameter(name: string): boolean {
  return isCredentialName(name) || PARAMETER.test(name);
}

/** A body of text as it may be shown, cut off or not: without members of JSON that may be credentials. */
export function redactBody(text: string): string {
  return text.replace(
    /("((?:[^"\\]|\\.)*)"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?$)/g,
    (whole, lead: string, name: string) => (isCredentialName(name) ? `${lead}"${REDACTED}"` : whole),
  );
}

/** The credentials that a request presents, to be left out of whatever they turn up in. */
export function presentedTexts(url: string, fields: readonly Field[]): Replacements {
  return credentialValues(url, fields).map((value) => [value, REDACTED] as const);
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
