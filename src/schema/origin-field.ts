import * as z from "zod";
import { isHopByHop } from "../http/hop-by-hop.ts";

/** Only letters, digits and dashes: any other character some servers take for a dash. */
const PLAIN = /^[A-Za-z0-9-]+$/;
/** Fields that are the gateway's own word, or made for each connection. */
const OWN =
  /^(?:x-identity-|x-forwarded-|cf-|forwarded$|traceparent$|tracestate$|x-request-id$|content-length$|host$)/;

/** Schema of the name of a field that a service's answer adds to the request for the origin; in lower case. */
export function originFieldName(): z.ZodType<string, string> {
  return z
    .string()
    .regex(PLAIN, "is no such name: letters, digits and dashes")
    .refine((name) => {
      const lower = name.toLowerCase();
      return !isHopByHop(lower) && !OWN.test(lower);
    }, "is the gateway's own to set")
    .transform((name) => name.toLowerCase());
}
