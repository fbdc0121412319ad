import type { Field } from "./traced.ts";

/** Stands for what nobody is shown. */
export const REDACTED = "(redacted)";

/** Names under which credentials travel. */
const CONFIDENTIAL =
  /^(?:proxy-)?authorization$|^sig$|cookie|session|token|jwt|secret|passw|api[-_]?key|access[-_]?key|signature|assertion/i;

/** A header field as it may be shown: what may be a credential is not, but for its scheme. */
export function redactField([name, value]: Field): Field {
  if (!CONFIDENTIAL.test(name)) return [name, value];
  const scheme = /authorization$/i.test(name) ? /^[A-Za-z-]+ /.exec(value)?.[0] : undefined;
  return [name, `${scheme ?? ""}${REDACTED}`];
}

/** A URL as it may be shown: without the values of query parameters that may be credentials. */
export function redactUrl(url: string): string {
  return url.replace(/([?&])([^=&#]*)=([^&#]*)/g, (whole, mark: string, name: string) =>
    CONFIDENTIAL.test(name) ? `${mark}${name}=${REDACTED}` : whole,
  );
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
