import * as z from "zod";
import { type Access, type AccessRule, isCredential, type Requirements } from "./declare.ts";

const HOW = 'must be "public", a credential, anyOf(…) or allOf(…)';
/** A scope token (RFC 6749 §3.3): it is written into challenges. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

type Path = ReadonlyArray<string | number>;
type Report = (message: string, path: Path) => void;

/** {@link Access}, compiled, with the gateway's own rules that the build has added. */
export interface AccessOptions {
  readonly always: Access;
  /** Rules that must hold too where the request's path falls under the path pattern `match`. */
  readonly conditional?: ReadonlyArray<{ readonly match: string; readonly rule: AccessRule }>;
}

/** Schema of {@link Access}. Build only. */
export function accessSchema(): z.ZodType<AccessOptions, Access> {
  return z
    .custom<Access>()
    .superRefine((access, ctx) => {
      if (access === "public") return;
      checkRule(access, [], (message, path) => ctx.addIssue({ code: "custom", message, path: [...path] }));
    })
    .transform((always) => ({ always }));
}

function checkRule(rule: unknown, path: Path, report: Report): void {
  if (isCredential(rule)) {
    checkRequirements(rule.requirements, path, report);
    return;
  }
  const join = ["anyOf", "allOf"].find((name) => typeof rule === "object" && rule !== null && name in rule);
  if (join === undefined || Object.keys(rule as object).length !== 1) {
    report(HOW, path);
    return;
  }
  const members: unknown = (rule as Record<string, AccessRule[]>)[join];
  if (!Array.isArray(members) || members.length === 0) {
    report("must name at least one credential", [...path, join]);
    return;
  }
  for (const [index, member] of members.entries()) checkRule(member, [...path, join, index], report);
}

function checkRequirements(
  { scopes = [], claims = {}, ...rest }: Requirements,
  path: Path,
  report: Report,
): void {
  for (const name of Object.keys(rest))
    report("is not a requirement: write scopes or claims", [...path, name]);
  scopes.forEach((scope, index) => {
    const valid = typeof scope === "string" && SCOPE.test(scope);
    if (!valid)
      report("is not a scope: visible ASCII without spaces, quotes and backslashes", [
        ...path,
        "scopes",
        index,
      ]);
  });
  for (const [name, wanted] of Object.entries(claims)) {
    const values: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    const plain = values.every((value) => ["string", "number", "boolean"].includes(typeof value));
    if (values.length === 0 || !plain)
      report("must be a string, number or boolean, or a list of them", [...path, "claims", name]);
  }
}
