import * as z from "zod";
import { isCredentialName } from "../../http/credential-name.ts";
import { absolutePath } from "../../schema/absolute-path.ts";
import { duration } from "../../schema/duration.ts";
import { originFieldName } from "../../schema/origin-field.ts";
import { upstreamSchema } from "../../schema/upstream.ts";
import { trustedOrigins } from "../credentials/schema-parts.ts";
import { type CompiledExternalAuth, type ExternalAuthOptions, REQUEST_PARTS } from "./options.ts";

/** Fields that say what the answer's content is, how long it may be kept and who may read it: others' business. */
const OTHERS =
  /^(?:access-control-|content-|cross-origin-|ratelimit|www-authenticate$|location$|cache-control$|cdn-cache-control$|cloudflare-|surrogate-|age$|date$|etag$|expires$|last-modified$|vary$)/;

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
      toClient: z
        .array(name.refine((field) => !OTHERS.test(field), "is not for the service to set"))
        .default([]),
      trustedOrigins: trustedOrigins().default([]),
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
    .superRefine(({ forwardHeaders, trustedOrigins }, ctx) => {
      if (trustedOrigins.length === 0 || forwardHeaders.includes("cookie")) return;
      const message = "needs cookie in forwardHeaders: nothing else is sent by whatever page asks for it";
      ctx.addIssue({ code: "custom", path: ["trustedOrigins"], message });
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
