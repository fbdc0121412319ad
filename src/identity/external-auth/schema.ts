import * as z from "zod";
import { isCredentialName } from "../../http/credential-name.ts";
import { absolutePath } from "../../schema/absolute-path.ts";
import { duration } from "../../schema/duration.ts";
import { originFieldName } from "../../schema/origin-field.ts";
import { upstreamSchema } from "../../schema/upstream.ts";
import { type CompiledExternalAuth, type ExternalAuthOptions, REQUEST_PARTS } from "./options.ts";

/** Schema of {@link ExternalAuthOptions}. Build only. */
export function externalAuthSchema(): z.ZodType<CompiledExternalAuth, ExternalAuthOptions> {
  const name = originFieldName();
  return z
    .strictObject({
      upstream: upstreamSchema(),
      path: absolutePath(),
      method: z.enum(["GET", "HEAD", "original"]).default("GET"),
      forwardHeaders: z.array(name).min(1),
      identity: z.strictObject({
        subject: name,
        scopes: name.exactOptional(),
        roles: name.exactOptional(),
      }),
      toOrigin: z.array(name).default([]),
      redirects: z.enum(["refuse", "relay"]).default("refuse"),
      forwardCredentials: z.boolean().default(false),
      timeout: duration({ min: "10ms", max: "30s" }).prefault("1s"),
      cache: z
        .strictObject({
          ttl: duration({ min: "1s", max: "5m" }),
          by: z.array(z.enum(REQUEST_PARTS)).optional(),
        })
        .exactOptional(),
    })
    .transform(({ forwardCredentials, cache, ...rest }) => {
      const credentials = forwardCredentials ? [] : rest.forwardHeaders.filter(isCredentialName);
      const answered = [...Object.values(rest.identity), ...rest.toOrigin];
      return {
        ...rest,
        withheld: [...new Set([...credentials, ...answered])],
        ...(cache !== undefined && { cache: { ttl: cache.ttl, by: cache.by ?? REQUEST_PARTS } }),
      };
    });
}
