import * as z from "zod";
import {
  type Access,
  type AccessRule,
  type AccessTrial,
  type EnforcedAccess,
  isCredential,
  type Requirements,
} from "./declare.ts";

const HOW = 'must be "public", a credential, anyOf(…) or allOf(…)';
const HOW_RULE = "must be a credential, anyOf(…) or allOf(…)";
/** A scope token (RFC 6749 §3.3): it is written into challenges. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

type Path = ReadonlyArray<string | number>;
type Report = (message: string, path: Path) => void;

/** A rule for some of a route's paths. */
export interface ConditionalRule {
  /** A path pattern: the rule is asked where the request's path falls under it. */
  readonly match: string;
  readonly rule: AccessRule;
}

/** {@link Access}, compiled, with the gateway's own rules that the build has added. */
export interface AccessOptions {
  readonly always: EnforcedAccess;
  /** Rules that must hold too where the request's path falls under theirs. */
  readonly conditional?: readonly ConditionalRule[];
  /** Rules on trial: what they would refuse is reported. Without `match` for every path of the route. */
  readonly onTrial?: ReadonlyArray<{ readonly match?: string; readonly rule: AccessRule }>;
}

/** Schema of {@link Access}. Build only. */
export function accessSchema(): z.ZodType<AccessOptions, Access> {
  return z
    .custom<Access>()
    .superRefine((access, ctx) => {
      const report: Report = (message, path) => ctx.addIssue({ code: "custom", message, path: [...path] });
      if (isTrial(access)) checkTrial(access, report);
      else checkEnforced(access, [], report);
    })
    .transform((access) => {
      if (!isTrial(access)) return { always: access };
      const { rule, mode, meanwhile } = access;
      return mode === "enforce" ? { always: rule } : { always: meanwhile, onTrial: [{ rule }] };
    });
}

function isTrial(access: Access): access is AccessTrial {
  return typeof access === "object" && access !== null && ("rule" in access || "mode" in access);
}

function checkTrial({ rule, mode, meanwhile, ...rest }: AccessTrial, report: Report): void {
  for (const name of Object.keys(rest)) report("is not known here: write rule, mode and meanwhile", [name]);
  if (mode !== "enforce" && mode !== "report") report('must be "enforce" or "report"', ["mode"]);
  checkRule(rule, ["rule"], report, HOW_RULE);
  // Said although it may be "public": a rule on trial must not open a route by being forgotten here.
  if (meanwhile === undefined) report("is missing: who may call until the rule is enforced", ["meanwhile"]);
  else checkEnforced(meanwhile, ["meanwhile"], report);
}

function checkEnforced(access: EnforcedAccess, path: Path, report: Report): void {
  if (access !== "public") checkRule(access, path, report, HOW);
}

function checkRule(rule: unknown, path: Path, report: Report, how: string): void {
  if (isCredential(rule)) {
    checkRequirements(rule.requirements, path, report);
    return;
  }
  const join = ["anyOf", "allOf"].find((name) => typeof rule === "object" && rule !== null && name in rule);
  if (join === undefined || Object.keys(rule as object).length !== 1) {
    report(how, path);
    return;
  }
  const members: unknown = (rule as Record<string, AccessRule[]>)[join];
  if (!Array.isArray(members) || members.length === 0) {
    report("must name at least one credential", [...path, join]);
    return;
  }
  for (const [index, member] of members.entries())
    checkRule(member, [...path, join, index], report, HOW_RULE);
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
