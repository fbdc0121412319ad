import * as z from "zod";
import { isUpstream, type UpstreamDeclaration } from "../upstream/declare.ts";

/** Schema of an imported upstream object. */
export function upstreamSchema(): z.ZodType<UpstreamDeclaration, UpstreamDeclaration> {
  return z.custom<UpstreamDeclaration>(
    isUpstream,
    "is not an upstream: import the object that upstream() made",
  );
}
