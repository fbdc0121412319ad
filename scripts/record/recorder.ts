import { comparableTarget, type RecordedExchange } from "../../src/upstream/recorded/recording.ts";
import { fieldValue, recordAnswer } from "./answer.ts";
import type { Book } from "./book.ts";
import type { WireExchange } from "./proxy.ts";
import { type Secrets, withoutValues } from "./secrets.ts";

/** Notes an exchange in the book, without its secrets. @returns why it did not, if so */
export function record(exchange: WireExchange, book: Book, secrets: Secrets): string | undefined {
  const { method, target, fields, digest, answer } = exchange;
  const values = secrets.valuesOf(target, [...fields, ...answer.fields]);
  const recorded = recordAnswer(answer, secrets, values);
  if ("reason" in recorded) return recorded.reason;
  const parameters = secrets.parametersIn(target);
  const vary = varyOf(exchange, secrets, values);
  const request = {
    method,
    target: withoutValues(comparableTarget(target, new Set(parameters)), values),
    ...(digest !== undefined && { body: digest }),
    ...(vary !== undefined && { vary }),
  };
  book.add(request, recorded, parameters);
  return undefined;
}

/** What the answer depends on by its own word (RFC 9110 §12.5.5); of a secret it is not said. */
function varyOf(
  { fields, answer }: WireExchange,
  secrets: Secrets,
  values: readonly string[],
): RecordedExchange["vary"] {
  const names = (fieldValue(answer.fields, "vary") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "*" && name !== "accept-encoding" && !secrets.isSecret(name));
  if (names.length === 0) return undefined;
  const pairs = [...new Set(names)].sort().map((name) => {
    const value = fieldValue(fields, name);
    return [name, value === undefined ? null : withoutValues(value, values)] as const;
  });
  return Object.fromEntries(pairs);
}
