import * as z from "zod";
import { headerValue } from "../../schema/header.ts";
import type { Policy, Resolved } from "../policy.ts";

/** Security headers of every answer. `true` for the defaults alone. */
export type SecurityHeadersOptions =
  | true
  | {
      /** Default `max-age=31536000`. `false` leaves it out. */
      readonly strictTransportSecurity?: string | false;
      /** Default `default-src 'none'; frame-ancestors 'none'`: right for an API, not for pages. */
      readonly contentSecurityPolicy?: string | false;
      /** Default `DENY`. */
      readonly frameOptions?: string | false;
      /** Default `no-referrer`. */
      readonly referrerPolicy?: string | false;
      /** Default `same-origin`. */
      readonly crossOriginResourcePolicy?: string | false;
    };

const HEADERS = {
  strictTransportSecurity: ["strict-transport-security", "max-age=31536000"],
  contentSecurityPolicy: ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  frameOptions: ["x-frame-options", "DENY"],
  referrerPolicy: ["referrer-policy", "no-referrer"],
  crossOriginResourcePolicy: ["cross-origin-resource-policy", "same-origin"],
} as const;

type Compiled = Array<[name: string, value: string]>;

/** @returns the schema of {@link SecurityHeadersOptions}; it yields the header fields to set. */
export function options() {
  const value = z.union([headerValue(), z.literal(false)]).optional();
  const schema: z.ZodType<Compiled, SecurityHeadersOptions> = z
    .union([
      z.literal(true).transform(() => ({})),
      z.strictObject({
        strictTransportSecurity: value,
        contentSecurityPolicy: value,
        frameOptions: value,
        referrerPolicy: value,
        crossOriginResourcePolicy: value,
      }),
    ])
    .transform((chosen: Partial<Record<keyof typeof HEADERS, string | false | undefined>>) => {
      const fields: Compiled = [["x-content-type-options", "nosniff"]];
      for (const [key, [name, standard]] of Object.entries(HEADERS)) {
        const wanted = chosen[key as keyof typeof HEADERS] ?? standard;
        if (wanted !== false) fields.push([name, wanted]);
      }
      return fields;
    });
  return schema;
}

/** An upstream's own header wins: it knows its pages better. */
export function create(fields: Resolved<Compiled>): Policy {
  return {
    finalise(_ctx, headers) {
      for (const [name, value] of fields) if (!headers.has(name!)) headers.set(name!, value!);
    },
  };
}
