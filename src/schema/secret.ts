import * as z from "zod";
import { type EnvReference, isEnvReference } from "../env.ts";

/** Schema of `secret("NAME")`. Build only. */
export function secretSchema(): z.ZodType<EnvReference, EnvReference> {
  return z.custom<EnvReference>(
    (value) => isEnvReference(value) && value.secret,
    'must be secret("NAME"): secrets never stand in a manifest',
  );
}
