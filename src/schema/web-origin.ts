import * as z from "zod";
import type { WebOrigins } from "../http/web-origin.ts";

const ORIGIN = /^https?:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?$/;

/** Schema of the web origins that are let in: `"*"`, or exact ones and `https://*.shop.example`. */
export function webOrigins(): z.ZodType<"*" | string[], WebOrigins> {
  const origin = z
    .string()
    .regex(ORIGIN, 'is a CORS origin such as "https://shop.example", in lower case, without a path')
    .refine(isSerialised, "is not how browsers write it: leave the scheme's own port out");
  return z.union([z.literal("*"), z.array(origin).min(1)]);
}

/** Whether a request could have this origin: the scheme's own port is never written (RFC 6454 §6.2). */
function isSerialised(origin: string): boolean {
  const name = origin.replace("*.", "");
  return !URL.canParse(name) || new URL(name).origin === name;
}
