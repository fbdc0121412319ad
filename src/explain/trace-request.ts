import type { KeyedContext } from "../context.ts";
import type { Blueprint } from "../manifest/blueprint.ts";
import type { createGateway, Surroundings } from "../runtime.ts";
import { credentialNames } from "./credential-names.ts";
import { putsOf } from "./presented-credentials.ts";
import { type Redactor, redactorOf, replaceTexts } from "./redact.ts";
import { originText, secretTexts } from "./secret-texts.ts";
import type { Traced, TracedRefusal } from "./traced.ts";
import { traceModules } from "./traced-modules.ts";
import { type Caller, Tracer } from "./tracer.ts";

/** What a request is traced with. */
export interface Tracing {
  readonly blueprint: Blueprint;
  readonly surroundings: Surroundings;
  /** Passed in, because this module is loaded when it is needed: what it imported would not be shared with the gateway. */
  readonly createGateway: typeof createGateway;
  /** Plays the origins. Absent: they are asked. @param caller undefined where the gateway asks for itself */
  readonly answer?: (caller: Caller | undefined) => Response;
}

type Line = Readonly<Record<string, unknown>>;

/**
 * Answers one request by a gateway that is made for it alone and writes down every step. But for that it is the
 * running one: stores, limits and origins are the same, and the request counts like any other.
 */
export async function traceRequest(
  request: Request,
  execution: Pick<ExecutionContext, "waitUntil">,
  { blueprint, surroundings, createGateway, answer }: Tracing,
): Promise<Traced> {
  const { deps, env } = surroundings;
  const names = credentialNames(blueprint);
  const redactor = redactorOf(names);
  const tracer = new Tracer(deps.now, redactor);
  let line: Line | undefined;
  const gateway = createGateway(
    { ...blueprint, modules: traceModules(blueprint.modules, tracer) },
    {
      ...surroundings,
      deps: {
        ...deps,
        log(written) {
          if ("status" in written) line ??= written;
          deps.log(written);
        },
      },
      watch(upstream, origin) {
        const { base } = origin;
        const shownBase = originText(blueprint, upstream, base);
        const puts = putsOf(blueprint.upstreams[upstream]);
        // Nobody is told of a caller whom nobody knows.
        const putsFor = ({ identity }: KeyedContext) =>
          identity === undefined ? puts.filter(({ by }) => by !== "identityToken") : puts;
        return {
          base,
          fetch: (url, init, ctx) =>
            tracer.call(upstream, shownBase + url.slice(base.length), init, putsFor(ctx), (caller) =>
              answer === undefined ? origin.fetch(url, init, ctx) : answer(caller),
            ),
        };
      },
    },
  );
  const begun = deps.now();
  const response = await gateway.fetch(request, execution);
  const ms = deps.now() - begun;
  tracer.end();
  const refusal = await refusalOf(response, line, redactor);
  const traced: Traced = {
    manifest: blueprint.hash,
    credentialNames: names,
    ...metRoute(tracer, line),
    events: tracer.events,
    calls: tracer.calls,
    answer: {
      status: response.status,
      headers: [...response.headers].map(redactor.field),
      ...(refusal && { refusal }),
    },
    ms,
  };
  return replaceTexts(traced, [
    ...secretTexts(blueprint, env),
    ...redactor.presented(request.url, [...request.headers]),
  ]);
}

/** A route that cannot be made ready leaves its name in the log alone. */
function metRoute({ route }: Tracer, line: Line | undefined): Pick<Traced, "route"> {
  if (route !== undefined) return { route };
  return typeof line?.route === "string" && line.route !== "" ? { route: { id: line.route } } : {};
}

/** Why the answer is a refusal, if it is one. What else an answer holds is let go of unread. */
async function refusalOf(
  response: Response,
  line: Line | undefined,
  { url }: Redactor,
): Promise<TracedRefusal | undefined> {
  const { code, cause } = line ?? {};
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  if (typeof code !== "string" || !isProblem) {
    response.body?.cancel().catch(() => {});
    return undefined;
  }
  const { status, detail } = (await response.json()) as TracedRefusal;
  return {
    code,
    status,
    ...(detail !== undefined && { detail }),
    ...(typeof cause === "string" && { cause: url(cause.split("\n")[0]!) }),
  };
}
