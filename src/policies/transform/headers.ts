import * as z from "zod";
import { compile } from "../../references/render.ts";
import type { ReferenceScope, Template } from "../../references/template.ts";
import { headerName, headerTemplate, settableHeaderName } from "../../schema/header.ts";
import type { Policy, Resolved } from "../policy.ts";

/** Header fields set on, and taken from, requests to upstreams and their answers. */
export interface HeadersOptions {
  /** Of every request to an upstream. Fields are removed first, then set. */
  readonly request?: HeaderChanges;
  /** Of every answer of the route's action, before it is stored. Fields are removed first, then set. */
  readonly response?: HeaderChanges;
}

/** Removed first, then set. */
export interface HeaderChanges {
  /** Names of the fields to take away. */
  readonly remove?: readonly string[];
  /** Field name → value, in place of what is there. */
  readonly set?: Readonly<Record<string, string>>;
}

interface Changes {
  remove: string[];
  set: Record<string, Template>;
}

interface Compiled {
  request: Changes;
  response: Changes;
}

/** @returns the schema of {@link HeadersOptions}. */
export function options() {
  const changes = z
    .strictObject({
      remove: z.array(headerName()).default([]),
      set: z.record(settableHeaderName(), headerTemplate()).default({}),
    })
    .prefault({});
  const schema: z.ZodType<Compiled, HeadersOptions> = z.strictObject({ request: changes, response: changes });
  return schema;
}

export function create({ request, response }: Resolved<Compiled>): Policy {
  const changeRequest = changer(request as Changes);
  const changeResponse = changer(response as Changes);
  return {
    ...(changeRequest && {
      upstream(call, ctx, next) {
        const headers = new Headers(call.headers);
        changeRequest(headers, ctx.scope());
        return next({ ...call, headers }, ctx);
      },
    }),
    ...(changeResponse && {
      transform(ctx, answer) {
        changeResponse(answer.headers, ctx.scope());
        return answer;
      },
    }),
  };
}

/** Undefined where there is nothing to change, so that the phase is not run at all. */
function changer({ remove, set }: Changes): ((headers: Headers, scope: ReferenceScope) => void) | undefined {
  const values = Object.entries(set).map(([name, value]) => [name, compile(value, "header")] as const);
  if (remove.length + values.length === 0) return undefined;
  return (headers, scope) => {
    for (const name of remove) headers.delete(name);
    for (const [name, value] of values) headers.set(name, value(scope));
  };
}
