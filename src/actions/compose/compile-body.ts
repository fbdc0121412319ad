import { compileValue } from "../../references/render.ts";
import type { ReferenceScope } from "../../references/template.ts";
import type { BodyTemplate } from "./compiled.ts";

/** Compiles a body into what makes its JSON text; one without references is serialised here and now. */
export function compileBody(body: BodyTemplate): (scope: ReferenceScope) => string {
  if ("json" in body) {
    const text = JSON.stringify(body.json);
    return () => text;
  }
  const value = compileNode(body);
  return (scope) => JSON.stringify(value(scope));
}

function compileNode(body: BodyTemplate): (scope: ReferenceScope) => unknown {
  if ("template" in body) return compileValue(body);
  if ("items" in body) {
    const items = body.items.map(compileNode);
    return (scope) => items.map((item) => item(scope));
  }
  if ("members" in body) {
    const members = body.members.map(([key, member]) => [key, compileNode(member)] as const);
    return (scope) => Object.fromEntries(members.map(([key, member]) => [key, member(scope)]));
  }
  return () => body.json;
}
