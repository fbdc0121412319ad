import * as z from "zod";
import { absolutePath } from "../../schema/absolute-path.ts";
import { duration } from "../../schema/duration.ts";
import { originFieldName } from "../../schema/origin-field.ts";
import { suggest } from "../../schema/suggest.ts";
import { upstreamSchema } from "../../schema/upstream.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import { compilePath } from "../language/compile.ts";
import type { Path } from "../language/expression.ts";
import type { AskOptions } from "../options.ts";

/** {@link AskOptions}, compiled: times in ms. */
export interface CompiledAsk {
  readonly upstream: UpstreamDeclaration;
  readonly path: string;
  readonly input: Readonly<Record<string, Path>>;
  readonly timeout: number;
  readonly cache?: { readonly ttl: number; readonly by: readonly string[] };
  /** Lower case. */
  readonly toOrigin: readonly string[];
}

/** Schema of {@link AskOptions}. Build only. */
export function askSchema(): z.ZodType<CompiledAsk, AskOptions> {
  return z
    .strictObject({
      upstream: upstreamSchema(),
      path: absolutePath(),
      input: z
        .record(z.string().regex(/^[A-Za-z_]\w*$/, "is no name: letters, digits and underscores"), path())
        .refine((input) => Object.keys(input).length > 0, "tells the service nothing"),
      timeout: duration({ min: "10ms", max: "30s" }).prefault("1s"),
      cache: z
        .strictObject({
          ttl: duration({ min: "1s", max: "5m" }),
          by: z.array(z.string()).min(1).readonly().optional(),
        })
        .optional(),
      toOrigin: z.array(originFieldName()).default([]),
    })
    .transform(({ cache, ...rest }, ctx) => {
      const names = Object.keys(rest.input);
      for (const [index, name] of cache?.by?.entries() ?? []) {
        if (names.includes(name)) continue;
        const message = `is no name of input. ${suggest(name, names) ?? `There are ${names.join(", ")}.`}`;
        ctx.addIssue({ code: "custom", message, path: ["cache", "by", index] });
      }
      return { ...rest, ...(cache !== undefined && { cache: { ttl: cache.ttl, by: cache.by ?? names } }) };
    });
}

function path(): z.ZodType<Path, string> {
  return z.string().transform((text, ctx) => {
    const compiled = compilePath(text);
    if (!("error" in compiled)) return compiled.path;
    ctx.addIssue({ code: "custom", message: compiled.error });
    return z.NEVER;
  });
}
