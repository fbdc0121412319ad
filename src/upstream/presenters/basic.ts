import * as z from "zod";
import type { EnvReference } from "../../env.ts";
import type { Resolved } from "../../policies/policy.ts";
import { secretSchema } from "../../schema/secret.ts";
import { textOrEnv } from "../../schema/text-or-env.ts";
import type { Presenter, Put } from "../presenter.ts";

/** A user and a password, in `Authorization: Basic` (RFC 7617). */
export interface BasicOptions {
  /** Without a colon. */
  readonly user: string | EnvReference;
  /** The password. */
  readonly password: EnvReference;
}

/** Schema of {@link BasicOptions}. Build only. */
export function options(): z.ZodType<BasicOptions, BasicOptions> {
  return z.strictObject({
    user: textOrEnv(z.string().regex(/^[^:\p{Cc}]*$/u, "must have no colon and no control character")),
    password: secretSchema(),
  });
}

export function create({ user, password }: Resolved<BasicOptions>): Presenter {
  const utf8 = String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`));
  const value = `Basic ${btoa(utf8)}`;
  const put: Put = ({ headers }) => headers.set("authorization", value);
  return { fields: ["authorization"], answersFor401: true, ready: () => put };
}
