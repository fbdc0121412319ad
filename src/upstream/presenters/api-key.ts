import * as z from "zod";
import type { EnvReference } from "../../env.ts";
import { foldName } from "../../http/fold-name.ts";
import { parameterName } from "../../http/parameter-name.ts";
import type { Resolved } from "../../policies/policy.ts";
import { settableHeaderName } from "../../schema/header.ts";
import { secretSchema } from "../../schema/secret.ts";
import { headerText } from "../header-text.ts";
import type { Presenter, Put } from "../presenter.ts";

/** A secret that does not change, in a header field or a query parameter. */
export type ApiKeyOptions =
  | {
      /** Name of the header field that it goes into. */
      readonly header: string;
      /** The secret. */
      readonly value: EnvReference;
      /** What stands before it in the field, such as `"Token "`. Default: nothing. */
      readonly prefix?: string;
    }
  | {
      /** Name of the query parameter that it goes into, where the origin takes it in no header: logs show queries. */
      readonly query: string;
      /** The secret. */
      readonly value: EnvReference;
    };

interface Compiled {
  readonly header?: string | undefined;
  readonly query?: string | undefined;
  readonly value: EnvReference;
  readonly prefix?: string | undefined;
}

/** Schema of {@link ApiKeyOptions}. Build only. */
export function options(): z.ZodType<Compiled, ApiKeyOptions> {
  return z
    .strictObject({
      header: settableHeaderName().optional(),
      query: z.string().min(1).optional(),
      value: secretSchema(),
      prefix: z
        .string()
        .regex(/^[\x20-\x7e]*$/, "holds a character that a header cannot")
        .optional(),
    })
    .refine(
      ({ header, query }) => (header === undefined) !== (query === undefined),
      "goes into either a header or a query parameter: write one of both",
    )
    .refine(
      ({ query, prefix }) => query === undefined || prefix === undefined,
      "has a prefix in a header only",
    ) as unknown as z.ZodType<Compiled, ApiKeyOptions>;
}

export function create({ header, query, value, prefix = "" }: Resolved<Compiled>): Presenter {
  if (query !== undefined) {
    const put = putInQuery(query, value);
    return { fields: [], answersFor401: false, ready: () => put };
  }
  const name = header!.toLowerCase();
  const written = prefix + headerText(value, "apiKey");
  const put: Put = ({ headers }) => headers.set(name, written);
  // With a field of its own the origin's 401 may well be about the caller.
  return { fields: [foldName(name)], answersFor401: name === "authorization", ready: () => put };
}

/** In place of any of the caller's of that name. */
function putInQuery(name: string, value: string): Put {
  const wanted = name.toLowerCase();
  const parameter = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  return (outbound) => {
    const at = outbound.url.indexOf("?");
    const others = at < 0 ? [] : outbound.url.slice(at + 1).split("&");
    const kept = others.filter((pair) => pair !== "" && parameterName(pair.split("=", 1)[0]!) !== wanted);
    outbound.url = `${at < 0 ? outbound.url : outbound.url.slice(0, at)}?${[...kept, parameter].join("&")}`;
  };
}
