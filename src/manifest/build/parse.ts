import type * as z from "zod";
import { suggest } from "../../schema/suggest.ts";
import type { Findings } from "./finding.ts";

/** Parses with a schema; every issue becomes a finding at its key. Undefined when there was one. */
export function parse<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  findings: Findings,
): Output | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) report(issue, schema, findings);
  return undefined;
}

function report(issue: z.core.$ZodIssue, schema: z.ZodType, findings: Findings): void {
  const keys = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, keys);
    for (const key of issue.keys) findings.at(...keys, key).add(`unknown key "${key}"`, suggest(key, known));
    return;
  }
  if (issue.code === "invalid_union") {
    // The alternative that got furthest is the one that was meant.
    const depth = (issues: readonly z.core.$ZodIssue[]) =>
      Math.max(0, ...issues.map(({ path }) => path.length));
    const meant = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0];
    if (meant !== undefined && depth(meant) > 0) {
      for (const inner of meant) report({ ...inner, path: [...issue.path, ...inner.path] }, schema, findings);
      return;
    }
  }
  findings.at(...keys).add(issue.message);
}

/** The keys that an object schema knows at a path, looking through wrappers and unions. */
function keysAt(schema: z.ZodType, path: readonly string[]): string[] {
  const def = schema.def as unknown as {
    readonly type: string;
    readonly shape?: Record<string, z.ZodType>;
    readonly in?: z.ZodType;
    readonly innerType?: z.ZodType;
    readonly element?: z.ZodType;
    readonly valueType?: z.ZodType;
    readonly options?: readonly z.ZodType[];
  };
  const inner = def.in ?? def.innerType;
  if (inner !== undefined) return keysAt(inner, path);
  if (def.options !== undefined) return def.options.flatMap((option) => keysAt(option, path));
  if (path.length === 0) return Object.keys(def.shape ?? {});
  const next = def.shape?.[path[0]!] ?? def.element ?? def.valueType;
  return next === undefined ? [] : keysAt(next, path.slice(1));
}
