import {
  type InnerList,
  type ParsedItem,
  serialiseInnerList,
  serialiseItem,
} from "../../http/structured-fields.ts";
import type { Target } from "../../match/target.ts";

/** What of a request may be signed. */
export interface SignedMessage {
  readonly method: string;
  /** As it was sent. */
  readonly target: Target;
  readonly headers: Headers;
}

/** A text, or why there is none. */
export type Base = { readonly text: string } | { readonly fault: string };

const FIELD_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
/** What a line of the base can hold, and nothing that could begin another. */
const VALUE = /^[\t\x20-\x7e]*$/;
const DEFAULT_PORTS: Readonly<Record<string, RegExp>> = { http: /:80$/, https: /:443$/ };

/** Derived components (RFC 9421 §2.2), but for `@query-param`, which has a parameter. */
const DERIVED: Readonly<Record<string, (message: SignedMessage) => string>> = {
  "@method": ({ method }) => method,
  "@target-uri": ({ target }) => `${target.scheme}://${authorityOf(target)}${target.rawPath}${target.search}`,
  "@authority": ({ target }) => authorityOf(target),
  "@scheme": ({ target }) => target.scheme,
  "@request-target": ({ target }) => target.rawPath + target.search,
  "@path": ({ target }) => target.rawPath,
  "@query": ({ target }) => target.search || "?",
};

/**
 * The text that is signed (RFC 9421 §2.5): a line for each covered component, and one for the parameters.
 * @returns the reason, where a component is missing, covered twice, or of a kind that is not supported
 */
export function signatureBase(covered: InnerList, message: SignedMessage): Base {
  const lines: string[] = [];
  const met = new Set<string>();
  for (const component of covered.items) {
    const value = componentValue(component, message);
    if (typeof value !== "string") return value;
    if (!VALUE.test(value)) return { fault: "a covered component holds what no signature can cover" };
    const identifier = serialiseItem([component.value, Object.fromEntries(component.parameters)]);
    if (met.has(identifier)) return { fault: `${identifier} is covered twice` };
    met.add(identifier);
    lines.push(`${identifier}: ${value}`);
  }
  lines.push(`"@signature-params": ${serialiseInnerList(covered)}`);
  return { text: lines.join("\n") };
}

function componentValue(
  { value: name, parameters }: ParsedItem,
  message: SignedMessage,
): string | { readonly fault: string } {
  if (typeof name !== "string") return { fault: "the name of a component is no string" };
  if (name === "@query-param") {
    const parameter = parameters.get("name");
    return parameters.size === 1 && typeof parameter === "string"
      ? queryParameter(parameter, message.target.search)
      : { fault: "@query-param has another parameter than a name" };
  }
  // `sf`, `key`, `bs`, `tr` and `req` change what is meant, so none may be passed over.
  if (parameters.size > 0) return { fault: `parameters of "${name}" are not supported` };
  if (Object.hasOwn(DERIVED, name)) return DERIVED[name]!(message);
  if (!FIELD_NAME.test(name)) return { fault: "a component is neither a header field nor known" };
  return message.headers.get(name)?.trim() ?? { fault: `the covered header ${name} is missing` };
}

/** Host, in lower case, without the port that goes without saying (RFC 9421 §2.2.3). */
function authorityOf({ scheme, host }: Target): string {
  return host.replace(DEFAULT_PORTS[scheme] ?? /$^/, "");
}

/** The value of a parameter that comes once (RFC 9421 §2.2.8). @param name as it is encoded in the component's name */
function queryParameter(name: string, search: string): string | { readonly fault: string } {
  const values = [...new URLSearchParams(search)].filter(([each]) => formEncoded(each) === name);
  return values.length === 1
    ? formEncoded(values[0]![1])
    : { fault: `the query parameter ${name} is not there, or more than once` };
}

/** Everything but letters, digits and `*-._`, as the form encoding has it; a space as `%20`. */
function formEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
