import * as z from "zod";

/** Schema of one value or a list of them, as a list. Reports the faults of the form that was written. */
export function oneOrMany<Output, Input>(
  item: z.ZodType<Output, Input>,
): z.ZodType<readonly Output[], Input | readonly Input[]> {
  const list = z.array(item).min(1);
  return z.custom<Input | readonly Input[]>().transform((value, ctx) => {
    return Array.isArray(value) ? parsePart(list, value, ctx) : [parsePart(item, value, ctx)];
  });
}

/** Parses a value with a schema chosen by its form, and reports that schema's faults. */
export function parsePart<Output>(schema: z.ZodType<Output>, value: unknown, ctx: z.RefinementCtx): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) ctx.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
  return z.NEVER;
}
