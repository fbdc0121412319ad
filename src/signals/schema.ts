import * as z from "zod";
import { absolutePath } from "../schema/absolute-path.ts";
import { duration } from "../schema/duration.ts";
import { upstreamSchema } from "../schema/upstream.ts";
import type { SignalTerms } from "../stores/signals/signal-store.ts";
import type { SignalOptions, UpstreamDeclaration } from "../upstream/declare.ts";

/** An upstream's `signals` as checked; whoever compiles it turns the upstream that is told into its name. */
export interface CheckedSignals extends Omit<SignalTerms, "to"> {
  readonly to: { readonly upstream: UpstreamDeclaration; readonly path: string };
}

/** Schema of {@link SignalOptions}; build only. */
export function signalsSchema(): z.ZodType<CheckedSignals, SignalOptions> {
  return z.strictObject({
    to: z.strictObject({ upstream: upstreamSchema(), path: absolutePath() }),
    above: z
      .strictObject({
        inFlight: z.int().min(1).max(1_000_000).optional(),
        latency: duration({ min: "1ms", max: "5m" }).optional(),
        shedRate: z.number().gt(0).lt(1).optional(),
      })
      .refine((above) => Object.keys(above).length > 0, "says nothing of which there could be too much"),
    for: duration({ min: "5s", max: "1h" }).prefault("30s"),
    recoverBelow: z.number().min(0.1).max(0.99).default(0.8),
    every: duration({ min: "10s", max: "1d" }).prefault("5m"),
  });
}
