import { REDACTED, type Redactor } from "../../src/explain/redact.ts";
import type { Field, Traced, TracedCall, TracedEvent, TracedPut } from "../../src/explain/traced.ts";
import type { UpstreamBlueprint } from "../../src/manifest/blueprint.ts";
import type { CheckedManifest } from "../../src/manifest/compiler/check.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import type { Cost } from "../../src/manifest/compiler/check-subrequests.ts";
import type { Command } from "./arguments.ts";
import { describeEvents, describeField, describeRefusal, notReached } from "./describe-events.ts";
import { describeMatching, describeTarget } from "./describe-matching.ts";
import { describeShedding } from "./describe-shedding.ts";
import type { WorstLatency } from "./latency.ts";
import { columns, count, formatTime, section, wrap } from "./layout.ts";
import { type Matching, placeOf } from "./match.ts";
import { EXAMPLE_ADDRESS } from "./offline.ts";

/** What a route costs at worst. */
export interface RouteCost extends Cost, WorstLatency {
  /** Whether it has functions, whose calls nobody can count. */
  readonly runsFunctions: boolean;
}

/** Everything there is to say of a request. */
export interface Explanation {
  readonly command: Command;
  readonly checked: CheckedManifest;
  /** JSON of each upstream, by name. */
  readonly upstreams: Readonly<Record<string, string>>;
  readonly matching: Matching;
  readonly traced: Traced;
  readonly redactor: Redactor;
  /** Of the route that is met, at worst. */
  readonly cost: RouteCost | undefined;
  /** Variables that the manifest names and that are not set here. */
  readonly unset: readonly string[];
  /** The fingerprint of the manifest that is explained; a running gateway may have another. */
  readonly hash: string;
}

/** The explanation as text, in lines of at most 100 characters where words allow it. */
export function explanationText(explanation: Explanation): string {
  const { command, checked, matching, traced, redactor, cost } = explanation;
  const { asked, live } = command;
  const offline = live === undefined;
  const routeOf = (of: Pick<TracedEvent, "depth" | "route">) => routeIn(explanation, of);
  const skipped = matching.met === undefined ? [] : notReached(traced.events, matching.met);
  const lines = [
    `${asked.method} ${redactor.url(asked.url)}`,
    ...section("REQUEST", describeTarget(matching, requestNotes(command, redactor), redactor)),
    ...section("ROUTE", describeMatching(matching, checked, asked.method)),
    ...section("PHASES", [
      ...describeEvents(traced.events, { routeOf, offline, method: asked.method }),
      ...(skipped.length === 0 ? [] : wrap(`not reached: ${skipped.join(", ")}`, "    ", "  ")),
    ]),
    ...section(
      "ORIGIN REQUESTS",
      traced.calls.flatMap((call) => describeCall(call, explanation)),
    ),
    ...section(answerHeading(explanation), describeAnswer(traced)),
    ...section("THIS ROUTE AT WORST", cost === undefined ? [] : describeCost(cost)),
    ...section("TO KNOW", caveats(explanation)),
  ];
  return lines.join("\n");
}

/** The route of a step or call; undefined where it is not this manifest that ran. */
function routeIn(
  { traced, hash, matching, checked }: Explanation,
  { depth, route }: Pick<TracedEvent, "depth" | "route">,
): CheckedRoute | undefined {
  if (traced.manifest !== hash) return undefined;
  return depth === 0 ? (matching.met ?? matching.preflight) : checked.routes.find(({ id }) => id === route);
}

/** The explanation as plain data. */
export function explanationJson({ command, matching, traced, redactor, cost, unset }: Explanation): object {
  const { target, refusal, met, allow, preflight, candidates, nearest } = matching;
  const { method, url } = command.asked;
  const named = (route: typeof met) => route && { id: route.id, declaredIn: placeOf(route) };
  return {
    request: {
      method,
      url: redactor.url(url),
      ...target,
      ...(target && { search: redactor.url(target.search) }),
      headers: command.asked.headers.map(redactor.field),
    },
    match: {
      route: named(met),
      refusal: refusal && {
        code: refusal.code,
        status: refusal.entry.status,
        detail: refusal.details.detail,
      },
      allow,
      preflight: named(preflight),
      candidates: candidates.map(({ route, outcome }) => ({ ...named(route), outcome })),
      nearest: nearest.map(named),
    },
    live: command.live !== undefined,
    ...traced,
    atWorst: cost,
    unset,
  };
}

function requestNotes(
  { asked, hostIsMadeUp, live, as }: Command,
  redactor: Redactor,
): Array<readonly [string, string]> {
  const named = asked.headers.some(([name]) => name.toLowerCase() === "cf-connecting-ip");
  const bytes = new TextEncoder().encode(asked.body ?? "").byteLength;
  return [
    ...(hostIsMadeUp ? [["host", "made up; a whole URL, or -H 'Host: …', gives another"] as const] : []),
    ...asked.headers.map((field) => ["header", describeField(redactor.field(field as Field))] as const),
    ...(asked.body === undefined ? [] : [["body", count(bytes, "byte")] as const]),
    ...(named || live !== undefined
      ? []
      : [["address", `${EXAMPLE_ADDRESS}  an example; -H 'CF-Connecting-IP: …' gives another`] as const]),
    ...(as === undefined
      ? []
      : [
          [
            "as",
            [as.subject, ...(as.scopes.length === 0 ? [] : ["with the scopes", ...as.scopes])].join(" "),
          ] as const,
        ]),
  ];
}

function describeCall(call: TracedCall, explanation: Explanation): string[] {
  const { upstreams, command } = explanation;
  const { upstream, step, route, depth, method, url, headers, puts = [], body, status, error, ms } = call;
  const whose = [
    `upstream ${upstream}`,
    ...(step === undefined ? [] : [`step ${step}`]),
    ...(depth > 0 ? [`of ${route}`] : []),
    ...originKind(upstreams[upstream]),
    ...describeShedding(call, upstreams[upstream], routeIn(explanation, call)),
  ];
  const answered = status === undefined ? `failed: ${error ?? "called off"}` : String(status);
  return [
    ...wrap(`${method} ${url}`, "    ", "  "),
    ...wrap(`(${whose.join(", ")})`, "    "),
    ...headers.flatMap((field) => wrap(describeField(field), "      ", "    ")),
    ...puts.flatMap((put) => wrap(describePut(put), "      ", "    ")),
    ...(body === undefined ? [] : wrap(`body: ${body}`, "      ", "    ")),
    ...(command.live === undefined
      ? []
      : wrap(`→ ${answered} after ${formatTime(ms ?? 0)}`, "      ", "    ")),
  ];
}

function describePut({ by, header, query, binding }: TracedPut): string {
  if (binding !== undefined) return `presents the client certificate ${binding}`;
  const place = header === undefined ? `?${query}=${REDACTED}` : describeField([header, REDACTED]);
  return `${place}  put on by ${by}`;
}

function originKind(json: string | undefined): string[] {
  const origin = json === undefined ? undefined : (JSON.parse(json) as UpstreamBlueprint).origin;
  if (typeof origin !== "object" || origin === null) return [];
  if ("$value" in origin) return ["an app in the Worker itself"];
  return "service" in origin ? [`the service binding ${String(origin.service)}`] : [];
}

function answerHeading({ command, traced }: Explanation): string {
  if (command.live !== undefined) return `ANSWER after ${formatTime(traced.ms)}`;
  return traced.calls.length === 0 ? "ANSWER" : "ANSWER, were every origin to answer 200 with JSON";
}

function describeAnswer({ answer: { status, headers, refusal } }: Traced): string[] {
  return [
    ...wrap(refusal === undefined ? String(status) : describeRefusal({ ...refusal, status }), "    ", "  "),
    ...headers.flatMap((field) => wrap(describeField(field), "      ", "    ")),
  ];
}

function describeCost({ subrequests, rounds, waits, total, runsFunctions }: RouteCost): string[] {
  const rows = waits.map(({ what, ms, why }) => [formatTime(ms), what, why]);
  if (subrequests + rows.length === 0) return ["  nothing is asked and nothing waited for"];
  const beside = runsFunctions ? ", beside what functions call" : "";
  return [
    `  ${count(subrequests, "subrequest")} in ${count(rounds, "round")} of at most six at once${beside}`,
    ...(rows.length === 0
      ? []
      : [`  ${formatTime(total)} until the answer's headers, waiting for`, ...columns(rows, "    ")]),
  ];
}

function opensWebSocket({ calls }: Traced): boolean {
  return calls.some(({ headers }) => headers.some(([name]) => name === "upgrade"));
}

function caveats({ command, traced, unset, hash }: Explanation): string[] {
  const text = JSON.stringify(traced);
  const isNamed = (name: string) => text.includes(`{${name}}`);
  const notes =
    command.live === undefined
      ? [
          "Nothing was sent: this is what the manifest would do in a gateway whose counters and cache are empty. " +
            "Functions of the manifest were not run. --live asks a running gateway.",
          ...(opensWebSocket(traced)
            ? ["No WebSocket is opened here: the origin would answer 101, and so would the gateway."]
            : []),
          ...unset
            .filter(isNamed)
            .map((name) => `${name} is not set in the environment, .dev.vars or wrangler.toml's [vars].`),
        ]
      : [
          "This was a real request: it counted against limits, reached origins, and may have been stored.",
          ...(traced.manifest === hash
            ? []
            : [
                `The gateway runs the manifest ${traced.manifest}, and here lies ${hash}: route, candidates and ` +
                  "worst case are told of the latter.",
              ]),
        ];
  return notes.flatMap((note) => wrap(note, "  "));
}
