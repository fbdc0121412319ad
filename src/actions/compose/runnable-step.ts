import type { KeyedContext } from "../../context.ts";
import type { Dispatch } from "../../policies/policy.ts";
import { compile } from "../../references/render.ts";
import { compileTarget } from "../../references/target.ts";
import type { ReferenceScope } from "../../references/template.ts";
import type { Json } from "../../schema/json.ts";
import { stepHeaders } from "../../upstream/origin-request.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { compileBody } from "./compile-body.ts";
import type { CompiledStep } from "./compiled.ts";
import { compileNeeds } from "./needs.ts";
import { compileShape } from "./shape.ts";

/** A step ready to run: made once for its route. */
export interface RunnableStep {
  readonly name: string;
  readonly optional: boolean;
  readonly fallback: Json | undefined;
  /** ms */
  readonly timeout: number | undefined;
  readonly passStatus: readonly number[];
  readonly group: string | undefined;
  /** Indexes of the steps that this one waits for, and of those that wait for it. */
  readonly after: readonly number[];
  readonly unlocks: readonly number[];
  /**
   * Sends the step's request; resolves once the answer's headers are in.
   * @throws RefusalError `unusable-value` where the caller, `upstream-invalid` where a part gave what cannot be used
   */
  send(scope: ReferenceScope, ctx: KeyedContext, controller: AbortController): Promise<Response>;
  /** Takes from the answer what the step asks for. The value is changed in place. */
  shape(value: unknown): unknown;
}

/** A request before its headers. */
interface Outgoing {
  readonly path: string;
  readonly search: string;
  /** The step's own, which win. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: string | null;
}

/** Makes the steps ready to run. */
export function compileSteps(
  steps: ReadonlyArray<CompiledStep<Upstream>>,
  dispatch: Dispatch,
): readonly RunnableStep[] {
  return steps.map((step, index) => {
    const { name, optional, fallback, timeout, passStatus, group, after, method, upstream } = step;
    const render = compileRender(step);
    return {
      name,
      optional,
      fallback,
      timeout,
      passStatus,
      group,
      after,
      unlocks: [...steps.keys()].filter((other) => steps[other]!.after.includes(index)),
      shape: compileShape(step.shape),
      async send(scope, ctx, controller) {
        const outgoing = render(scope);
        const { path, search, body } = outgoing;
        if (upstream !== undefined) {
          const headers = withOwn(stepHeaders(ctx), outgoing);
          return upstream.send(
            { method, path, search, headers, body, controller, timed: true, optional },
            ctx,
          );
        }
        const headers = withOwn(routeHeaders(ctx), outgoing);
        const url = `${ctx.scheme}://${ctx.host}${path}${search}`;
        return dispatch(new Request(url, { method, headers, body, signal: controller.signal }), ctx);
      },
    };
  });
}

/** The caller's credential goes along, because the route judges the caller for itself. */
function routeHeaders(ctx: KeyedContext): Headers {
  const headers = new Headers({ accept: "application/json" });
  const authorization = ctx.headers.get("authorization");
  if (authorization !== null) headers.set("authorization", authorization);
  return headers;
}

function withOwn(headers: Headers, { headers: own, body }: Outgoing): Headers {
  if (body !== null) headers.set("content-type", "application/json");
  for (const [name, value] of own) headers.set(name, value);
  return headers;
}

/** Compiles all that the step's templates say. Nothing is sent that stands on a missing part or identity. */
function compileRender(step: CompiledStep<Upstream>): (scope: ReferenceScope) => Outgoing {
  const needs = compileNeeds(step);
  const target = compileTarget(step.path);
  const headers = step.headers.map(([name, value]) => [name, compile(value, "header")] as const);
  const query = step.query.map(
    ([name, value]) => [`${encodeURIComponent(name)}=`, compile(value, "query")] as const,
  );
  const body = step.body === undefined ? undefined : compileBody(step.body);
  return (scope) => {
    needs(scope);
    const { path, search } = target(scope);
    let wholeSearch = search;
    for (const [name, value] of query) wholeSearch += (wholeSearch === "" ? "?" : "&") + name + value(scope);
    return {
      path,
      search: wholeSearch,
      headers: headers.map(([name, value]) => [name, value(scope)]),
      body: body === undefined ? null : body(scope),
    };
  };
}
