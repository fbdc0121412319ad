import * as z from "zod";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import { isDecodedOnRead } from "../../http/content-coding.ts";
import { duration } from "../../schema/duration.ts";
import { latestEnd } from "../../streams/latest-end.ts";
import { tap } from "../../streams/tap.ts";
import type { Policy, Resolved, RouteFacts, Tools } from "../policy.ts";

/**
 * Bounds an answer whose body may go on for long, such as server-sent events: on a route that authenticates it ends
 * with its caller's credential, and with `true` by nothing else. What ends early breaks off, so that it is not taken
 * for the whole, and the origin is let go; an event stream is ended well, because its reader opens it again.
 *
 * The body is watched as by `watchBody`, and costs what that costs. A part of it (`Range`) is asked for without a
 * coding such as gzip, because a part of a coded body cannot be watched.
 */
export type StreamOptions =
  | true
  | {
      /** How long nothing may come from the upstream, or the client may take nothing, such as `"30s"`. Default: ever. */
      readonly idleTimeout?: string;
      /** How long the answer may take in all, such as `"1h"`. Default: ever. */
      readonly maxDuration?: string;
    };

interface Compiled {
  /** ms */
  idleTimeout?: number | undefined;
  /** ms */
  maxDuration?: number | undefined;
}

/** @returns the schema of {@link StreamOptions}. */
export function options() {
  const time = duration({ min: "1ms" }).optional();
  const schema: z.ZodType<Compiled, StreamOptions> = z.union([
    z.literal(true).transform(() => ({})),
    z.strictObject({ idleTimeout: time, maxDuration: time }),
  ]);
  return schema;
}

/** What is wrong with bounding a route like this. */
export function check(
  { idleTimeout, maxDuration }: Compiled,
  { authenticates }: Pick<RouteFacts, "authenticates">,
): string[] {
  if (authenticates || idleTimeout !== undefined || maxDuration !== undefined) return [];
  return [
    "bounds nothing: the route has no credential that could end; give it an `idleTimeout` or `maxDuration`",
  ];
}

export function create(
  { idleTimeout = Number.POSITIVE_INFINITY, maxDuration }: Resolved<Compiled>,
  { deps }: Pick<Tools, "deps">,
): Policy {
  const { now } = deps;
  return {
    upstream(request, ctx, next) {
      if (!request.headers.has("range")) return next(request, ctx);
      const headers = new Headers(request.headers);
      headers.set("accept-encoding", "identity");
      return next({ ...request, headers }, ctx);
    },
    personalise(ctx, response) {
      if (response.status === 206 && isDecodedOnRead(response.headers)) {
        response.body?.cancel().catch(() => {});
        throw new RefusalError(
          refuse("upstream-invalid", { cause: "a coded part, though none was accepted" }),
        );
      }
      const end = latestEnd(ctx.identity, maxDuration, now());
      return tap(ctx, response, { idle: idleTimeout, end }, now);
    },
  };
}
