import * as z from "zod";
import { IDENTITY_PROPERTIES } from "./limit-key.ts";

/** Why something is not what limits count by. */
const HOW_BY =
  'must be "address", "route", "identity.consumer", "identity.id", "identity.claims.<name>", "headers.<name>", "params.<name>" or "query.<name>"';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Schema of a limit's name. Build only. */
export function limitNameSchema() {
  return z.string().max(64).regex(NAME, "must be letters, digits, dots, hyphens and underscores");
}

/** Schema of what callers are told apart by: one to five values. Build only. */
export function limitKeysSchema() {
  const key = z.union(
    [
      z.enum(["address", "route"]),
      z.templateLiteral(["identity.", z.enum(IDENTITY_PROPERTIES)]),
      ...requestValueSchemas(),
    ],
    { error: HOW_BY },
  );
  return z.array(key).min(1).max(5).readonly();
}

/** Schemas of references to values of the request. Build only. */
export function requestValueSchemas() {
  const named = z.string().min(1);
  return [
    claimSchema(),
    headerSchema(),
    z.templateLiteral(["params.", named]),
    z.templateLiteral(["query.", named]),
  ] as const;
}

/** Schema of a reference to a claim. Build only. */
export function claimSchema() {
  return z.templateLiteral(["identity.claims.", z.string().min(1)]);
}

/** Schema of a reference to a header field. Build only. */
export function headerSchema() {
  return z.templateLiteral(["headers.", z.string().regex(/[!#$%&'*+.^_`|~0-9A-Za-z-]+/)]);
}
