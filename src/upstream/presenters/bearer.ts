import * as z from "zod";
import type { EnvReference } from "../../env.ts";
import type { Resolved } from "../../policies/policy.ts";
import { secretSchema } from "../../schema/secret.ts";
import { headerText } from "../header-text.ts";
import type { Presenter, Put } from "../presenter.ts";

/** A token that does not change, in `Authorization: Bearer` (RFC 6750 §2.1). */
export interface BearerOptions {
  /** The token. */
  readonly token: EnvReference;
}

/** Schema of {@link BearerOptions}. Build only. */
export function options(): z.ZodType<BearerOptions, BearerOptions> {
  return z.strictObject({ token: secretSchema() });
}

export function create({ token }: Resolved<BearerOptions>): Presenter {
  const put = bearer(headerText(token, "bearer"));
  return { fields: ["authorization"], answersFor401: true, ready: () => put };
}

/** Puts a bearer token on. */
export function bearer(token: string): Put {
  const value = `Bearer ${token}`;
  return ({ headers }) => headers.set("authorization", value);
}
