import { compile } from "./render.ts";
import type { ReferenceScope, Template } from "./template.ts";

/** Path and query of a request, each part encoded for where it lands. */
export interface Target {
  readonly path: string;
  /** With its `?`, or empty. */
  readonly search: string;
}

/** Compiles `"/path/{a}?key={b}"`: path rules before the first literal `?`, query rules after it. */
export function compileTarget({ template }: Template): (scope: ReferenceScope) => Target {
  const at = template.findIndex((part) => typeof part === "string" && part.includes("?"));
  if (at < 0) {
    const path = compile({ template }, "path");
    return (scope) => ({ path: path(scope), search: "" });
  }
  const literal = template[at] as string;
  const cut = literal.indexOf("?");
  const path = compile({ template: [...template.slice(0, at), literal.slice(0, cut)] }, "path");
  const search = compile({ template: [literal.slice(cut), ...template.slice(at + 1)] }, "query");
  return (scope) => ({ path: path(scope), search: search(scope) });
}
