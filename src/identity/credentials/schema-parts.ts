import * as z from "zod";
import { isSerialised } from "../../http/web-origin.ts";
import { isOwnIssuer } from "../own-issuers.ts";

const EXACT_ORIGIN = /^https?:\/\/[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?$/;

/** Schema of web origins whose pages may use what browsers send with every request. */
export function trustedOrigins() {
  return z.array(
    z
      .string()
      .refine(
        (origin) => EXACT_ORIGIN.test(origin) && isSerialised(origin),
        'is no web origin as browsers write it, such as "https://app.example"',
      ),
  );
}

/** Schema of the name of an issuer, which tells its callers from all others. */
export function issuerName() {
  return z
    .string()
    .min(1)
    .regex(/^[^?#]+$/, "must have no ? and no #, which the issuer of a token never has")
    .refine(
      (name) => !isOwnIssuer(name),
      "is a name that the gateway's own credentials have: ids of callers would not be unique",
    );
}

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
