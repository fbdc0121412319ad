import * as z from "zod";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import { inMode, type Mode } from "../../observe/report.ts";
import { mode } from "../../schema/mode.ts";
import { size } from "../../schema/size.ts";
import { countedBody } from "../../upstream/counted-body.ts";
import type { Policy, Resolved } from "../policy.ts";

/** The largest request body, such as `"1MB"`. */
export type BodyLimitOptions =
  | string
  | {
      /** The largest body, such as `"1MB"`. */
      readonly limit: string;
      /**
       * `report`: a larger body is only reported, where the client says how long it is or the body is sent on. Who
       * reads one whole, such as a handler, keeps to the bound that holds without a limit. Default `enforce`.
       */
      readonly mode?: Mode;
    };

interface Compiled {
  /** Bytes. */
  limit: number;
  mode: Mode;
}

/** @returns the schema of {@link BodyLimitOptions}; it yields bytes. */
export function options() {
  const schema: z.ZodType<Compiled, BodyLimitOptions> = z.union([
    size().transform((limit) => ({ limit, mode: "enforce" as const })),
    z.strictObject({ limit: size(), mode: mode() }),
  ]);
  return schema;
}

/**
 * Refuses by the declared length, so that nothing of a body is read. A body without one is counted where it is read
 * or sent on: there is no other way, and so no tap on the stream of a body that has one.
 */
export function create({ limit, mode }: Resolved<Compiled>): Policy {
  const tooLarge = () => refuse("body-too-large", { detail: `At most ${limit} bytes.` });

  function judge(declared: string): Refusal | undefined {
    if (!/^\d+$/.test(declared))
      return refuse("malformed-header", { detail: "Content-Length is not a number." });
    return Number(declared) > limit ? tooLarge() : undefined;
  }

  return {
    ...(mode === "enforce" && { bodyLimit: limit }),
    guard(ctx) {
      const { method, request } = ctx;
      if (method === "GET" || method === "HEAD" || request.body === null) return undefined;
      const declared = request.headers.get("content-length");
      const refusal = declared === null ? undefined : judge(declared);
      return refusal && inMode(mode, refusal, "bodyLimit", ctx);
    },
    ...(mode === "report" && {
      upstream(request, ctx, next) {
        const { body, headers, controller: other } = request;
        // A call that has a controller already is not the client's request sent on.
        if (!(body instanceof ReadableStream) || headers.has("content-length") || other !== undefined) {
          return next(request, ctx);
        }
        const { stream, controller } = countedBody(body, limit, () =>
          inMode(mode, tooLarge(), "bodyLimit", ctx),
        );
        return next({ ...request, body: stream, controller }, ctx);
      },
    }),
  };
}
