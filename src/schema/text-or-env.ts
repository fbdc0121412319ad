import * as z from "zod";
import { type EnvReference, isEnvReference } from "../env.ts";

/** Schema of a text that may differ per environment: itself, `env("NAME")` or `secret("NAME")`. Build only. */
export function textOrEnv(text: z.ZodType<string, string> = z.string().min(1)) {
  return z.union([text, z.custom<EnvReference>(isEnvReference)], {
    error: 'is a string that is not empty, env("NAME") or secret("NAME")',
  });
}
