import type { CompiledCompose, CompiledStep } from "../../actions/compose/compiled.ts";
import type { JwtOptions } from "../../identity/credentials/jwt-options.ts";
import { type AccessRule, isCredential } from "../../identity/declare.ts";
import type { PathPolicy } from "../../match/path-policy.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import type { CheckedRoute } from "./check-routes.ts";
import { dispatchedRoutes } from "./dispatched-route.ts";

type Step = CompiledStep<UpstreamDeclaration>;

/** What is made for one request or one connection, so that no other has it. */
const MADE_FOR_ONE: ReadonlySet<string> = new Set(["hmac", "httpSignature", "mtls", "webhook"]);

/**
 * Reports steps that call a route which no step can be let in by: it is sent the caller's `Authorization` and what the
 * step itself says, so neither cookies, nor parameters, nor what proves that a request is the caller's own.
 */
export function checkDispatchedAccess(routes: readonly CheckedRoute[], paths: PathPolicy): void {
  const dispatched = dispatchedRoutes(routes, paths);
  for (const { action, place } of routes) {
    if (action.name !== "compose") continue;
    for (const step of (action.options as CompiledCompose).steps) {
      const met = dispatched(step);
      if (met === undefined || !met.certain) continue;
      const { id, access } = met.route;
      if (access.always === "public" || mayHold(access.always, step)) continue;
      place
        .at("compose", "steps", step.name, "route")
        .add(
          `${id} asks for a credential that no step brings: a step has the caller's Authorization and what it says itself`,
          "Call the upstream itself, or let the route take a bearer token too.",
        );
    }
  }
}

function mayHold(rule: AccessRule, step: Step): boolean {
  if (isCredential(rule)) return mayBring(rule.type, rule.options, step);
  return "anyOf" in rule
    ? rule.anyOf.some((each) => mayHold(each, step))
    : rule.allOf.every((each) => mayHold(each, step));
}

/** @param options as written: they are judged elsewhere, and may be anything */
function mayBring(type: string, options: unknown, step: Step): boolean {
  if (MADE_FOR_ONE.has(type)) return false;
  if (type === "oidc") return says(step, "cookie");
  if (type !== "jwt" && type !== "introspection") return true;
  const { proofOfPossession, from } = (options ?? {}) as Partial<JwtOptions>;
  if (proofOfPossession !== undefined) return false;
  if (from === undefined) return true;
  const { header, cookie, query } = from;
  return (
    (header !== undefined && (header.toLowerCase() === "authorization" || says(step, header))) ||
    (cookie !== undefined && says(step, "cookie")) ||
    (query !== undefined && asks(step, query))
  );
}

function says({ headers }: Step, field: string): boolean {
  return headers.some(([name]) => name.toLowerCase() === field.toLowerCase());
}

function asks({ query, path }: Step, parameter: string): boolean {
  const text = path.template.map((part) => (typeof part === "string" ? part : "x")).join("");
  const written = new URLSearchParams(text.split("?")[1] ?? "");
  return query.some(([name]) => name === parameter) || written.has(parameter);
}
