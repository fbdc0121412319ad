import * as z from "zod";

/** Schema of a realm (RFC 9110 §11.5): it is written into challenges and into the ids of callers. Build only. */
export function realmSchema(): z.ZodType<string, string | undefined> {
  return z
    .string()
    .regex(
      /^[\x21\x24-\x5b\x5d-\x7e](?:[\x20\x21\x24-\x5b\x5d-\x7e]{0,62}[\x21\x24-\x5b\x5d-\x7e])?$/,
      "must be 1 to 64 printable ASCII characters without quotes, backslashes and #",
    )
    .default("api");
}
