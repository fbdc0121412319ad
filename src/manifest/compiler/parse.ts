import * as z from "zod";
import { suggest } from "../../schema/suggest.ts";
import type { Findings } from "./finding.ts";

/** The keys that an object's schema knows, by the list of those in an issue that it does not. */
const knownKeys = new WeakMap<object, readonly string[]>();

// A finished issue no longer has its schema, so what it knows is noted while the issue is made.
z.config({
  customError(issue) {
    if (issue.code === "unrecognized_keys") {
      knownKeys.set(issue.keys as object, Object.keys((issue.inst as z.ZodObject | undefined)?.shape ?? {}));
    }
    return undefined;
  },
});

/** Parses with a schema; every issue becomes a finding at its key. Undefined when there was one. */
export function parse<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  findings: Findings,
): Output | undefined {
  const result = attempt(schema, value, findings);
  if (result === undefined) return undefined;
  if (result.success) return result.data;
  for (const issue of result.error.issues) report(issue, value, findings);
  return undefined;
}

/** A schema's own checks may meet what no type lets them expect; that is a mistake of the manifest too. */
function attempt<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  findings: Findings,
): z.ZodSafeParseResult<Output> | undefined {
  try {
    return schema.safeParse(value);
  } catch (error) {
    findings.add(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function report(issue: z.core.$ZodIssue, value: unknown, findings: Findings): void {
  const place = findings.at(...issue.path.map(String));
  switch (issue.code) {
    case "unrecognized_keys":
      for (const key of issue.keys) {
        place.at(key).add(`unknown key "${key}"`, suggest(key, knownKeys.get(issue.keys) ?? []));
      }
      return;
    case "invalid_union": {
      const meant = meantAlternative(issue);
      if (meant === undefined) place.add(unionMessage(issue));
      for (const inner of meant ?? []) {
        report({ ...inner, path: [...issue.path, ...inner.path] }, value, findings);
      }
      return;
    }
    case "invalid_value": {
      const written = valueAt(value, issue.path);
      const names = issue.values.filter((each) => typeof each === "string");
      place.add(plain(issue.message), typeof written === "string" ? suggest(written, names) : undefined);
      return;
    }
    case "invalid_key":
    case "invalid_element":
      for (const inner of issue.issues) place.add(plain(inner.message));
      return;
    default:
      place.add(plain(issue.message));
  }
}

/** What a union says that nobody gave a message of its own. */
const UNSAID = "Invalid input";

type UnionIssue = z.core.$ZodIssueInvalidUnion;

/** The alternative that was meant: the value is of its kind, and only something in it is wrong. */
function meantAlternative({ message, errors }: UnionIssue): readonly z.core.$ZodIssue[] | undefined {
  // The union's author has said it better.
  if (message !== UNSAID) return undefined;
  return errors.find(
    (issues) =>
      issues.length > 0 &&
      issues.every(
        ({ code, path }) => path.length > 0 || (code !== "invalid_type" && code !== "invalid_value"),
      ),
  );
}

/** What the union's author says of it, or else what each alternative would be. */
function unionMessage({ message, errors }: UnionIssue): string {
  if (message !== UNSAID) return message;
  const messages = errors.flat().map((issue) => issue.message);
  const wanted = messages.map((text) => text.replace(/^.*?expected |, received .*$/g, ""));
  const absent = messages.some((text) => text.endsWith("received undefined"));
  return `${absent ? "is missing: " : ""}expected ${[...new Set(wanted)].join(" or ")}`;
}

/** In the words of the other findings. */
function plain(message: string): string {
  return message
    .replace(/^(?:Invalid [a-z]+|Too small|Too big): /, "")
    .replace(/^(expected .*), received undefined$/, "is missing: $1");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    return typeof inner === "object" && inner !== null
      ? (inner as Record<PropertyKey, unknown>)[key]
      : undefined;
  }, value);
}
