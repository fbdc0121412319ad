import fc from "fast-check";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    readonly seed: number;
  }
}

// Of every property test of the run: `npm test` always takes the same, `ISOGATE_SEED=N npm test` another.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: inject("seed") });
