import * as z from "zod";
import { isSerialised, WEB_ORIGIN, type WebOrigins } from "../http/web-origin.ts";

/** Schema of the web origins that are let in: `"*"`, or exact ones and `https://*.shop.example`. */
export function webOrigins(): z.ZodType<"*" | string[], WebOrigins> {
  const origin = z
    .string()
    .regex(WEB_ORIGIN, 'is a CORS origin such as "https://shop.example", in lower case, without a path')
    .refine(isSerialised, "is not how browsers write it: leave the scheme's own port out");
  return z.union([z.literal("*"), z.array(origin).min(1)]);
}
