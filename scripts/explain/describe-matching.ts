import type { Redactor } from "../../src/explain/redact.ts";
import type { CheckedManifest } from "../../src/manifest/compiler/check.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import { declaredSpelling } from "../../src/match/declared-spelling.ts";
import { isExact, type PathPolicy } from "../../src/match/path-policy.ts";
import type { Miss } from "../../src/match/why-not.ts";
import { describeAccess } from "../routes/describe-access.ts";
import { columns, formatTime, wrap } from "./layout.ts";
import { type Candidate, type Matching, nameOf, placeOf } from "./match.ts";

/** Most candidates that are listed. */
const MOST = 12;

/** The request as the gateway reads it. @param notes further things to know of it, by name */
export function describeTarget(
  { target }: Matching,
  notes: ReadonlyArray<readonly string[]>,
  redactor: Redactor,
): string[] {
  if (target === undefined) return columns(notes);
  const { scheme, host, path, rawPath, search } = target;
  const said = (name: string) => notes.flatMap(([of, text]) => (of === name ? [`  ${text}`] : [])).join("");
  const others = notes.filter(([name]) => name !== "host");
  return columns([
    ["scheme", scheme],
    ["host", host + said("host")],
    ["path", path === rawPath ? path : `${path}  normalised from ${rawPath}`],
    ...(search === "" ? [] : [["query", redactor.url(search)]]),
    ...others,
  ]);
}

/** Which route is met, and why not the others. @param method of the request */
export function describeMatching(
  matching: Matching,
  { routes, options }: CheckedManifest,
  method: string,
): string[] {
  const { met, preflight, allow, nearest, refusal, candidates, target } = matching;
  if (refusal !== undefined) {
    const { code, entry, details } = refusal;
    return wrap(`none: ${entry.status} ${code}. ${details.detail ?? entry.title}`, "  ");
  }
  const listed = candidates.length > 1 || met === undefined ? listCandidates(candidates, routes) : [];
  if (met !== undefined) {
    return [
      ...describeRoute(met, routes),
      ...describeSpelling(method, target?.path ?? "", met, options.paths),
      ...listed,
    ];
  }
  if (allow !== undefined) {
    const options = `none takes the method; the path takes ${allow.join(", ")}`;
    return [
      ...wrap(options, "  "),
      ...(preflight === undefined
        ? []
        : [
            "",
            ...wrap("a preflight: this route's CORS rules answer for it", "  "),
            ...describeRoute(preflight, routes),
          ]),
      ...listed,
    ];
  }
  if (candidates.length > 0) return ["  none: no candidate is met, so it is 404", ...listed];
  const meant = nearest.map((route) => [route.id, route.summary]);
  return [
    "  none has such a path",
    ...(meant.length === 0 ? [] : ["", "  Near to it are", ...columns(meant, "    ")]),
  ];
}

function describeRoute(route: CheckedRoute, routes: readonly CheckedRoute[]): string[] {
  return [
    ...wrap([nameOf(route, routes), route.summary].filter((text) => text !== "").join("  "), "    ", "  "),
    ...wrap(`declared in ${placeOf(route)}`, "    ", "  "),
    ...wrap(`access ${describeAccess(route.access)}; deadline ${formatTime(route.deadline)}`, "    ", "  "),
  ];
}

/** What becomes of a path that is not spelt as its route's. */
function describeSpelling(
  method: string,
  sent: string,
  { facts }: CheckedRoute,
  paths: PathPolicy,
): string[] {
  const spelt = isExact(paths) ? sent : declaredSpelling(facts.pattern)(sent);
  if (spelt === sent) return [];
  const isSlash = spelt.endsWith("/") !== sent.endsWith("/");
  const redirects = isSlash && paths.trailingSlash === "redirect" && method !== "OPTIONS";
  const what = redirects
    ? "the client is sent to the declared path"
    : "from here on its path is the declared one";
  return wrap(`${what}: ${spelt}`, "  ");
}

function listCandidates(candidates: readonly Candidate[], routes: readonly CheckedRoute[]): string[] {
  const rows = candidates.slice(0, MOST).map(({ route, outcome }) => {
    const why =
      outcome === "met"
        ? "is met"
        : outcome === "beaten"
          ? "would do too, but comes later"
          : describeMiss(outcome);
    return [outcome === "met" ? "→" : " ", nameOf(route, routes), why];
  });
  const more = candidates.length - rows.length;
  return [
    "",
    "  Routes with such a path, in the order in which they are tried",
    ...columns(rows, "  "),
    ...(more > 0 ? [`    … and ${more} more`] : []),
  ];
}

function describeMiss({ predicate, name, expected, actual }: Miss): string {
  const quoted = (value: unknown) => JSON.stringify(value) ?? "nothing";
  const missing = actual === null || actual === undefined;
  switch (predicate) {
    case "method":
      return `takes ${String(expected)}, not ${String(actual)}`;
    case "host":
      return `is for the host ${String(expected)}, not ${String(actual)}`;
    case "path":
      return "has another path";
    case "content":
      return `takes ${String(expected)}, and ${missing ? "no Content-Type is given" : `this is ${String(actual)}`}`;
    case "header":
    case "query":
    case "cookie":
    case "body": {
      const what = { header: "header field", query: "query parameter", cookie: "cookie", body: "body field" };
      const wanted = expected === undefined ? "" : ` ${quoted(expected)}`;
      return `asks for the ${what[predicate]} ${name}${wanted === "" ? "" : ` =${wanted}`}, which ${missing ? "is not there" : `is ${quoted(actual)}`}`;
    }
  }
}
