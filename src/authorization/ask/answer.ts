/** What a service has decided. */
export interface Answer {
  readonly allow: boolean;
  /** For the log. */
  readonly reason?: string;
  /** What the origin is told of it. */
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>;
}

/** RFC 9110 §5.5, ASCII only. */
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;
/** Of a reason, in characters. */
const LONGEST_REASON = 500;
const NO: Answer = { allow: false, reason: "it has no result", fields: [] };

/**
 * Reads a decision (OPA's data API): `{"result": true}` or `{"result": {"allow": …, "reason": …, "headers": …}}`; a
 * policy without a result has said no.
 * @param toOrigin names of the headers that are taken, in lower case
 * @throws where it is none
 */
export function readAnswer(text: string, toOrigin: readonly string[]): Answer {
  const answer: unknown = JSON.parse(text);
  if (!isObject(answer)) throw new Error("the answer is no object");
  const { result } = answer;
  if (result === undefined) return NO;
  if (typeof result === "boolean") return { allow: result, fields: [] };
  if (!isObject(result) || typeof result.allow !== "boolean") {
    throw new Error("the result is neither a boolean nor an object with `allow`");
  }
  const { allow, reason, headers = {} } = result;
  return {
    allow,
    ...(typeof reason === "string" && { reason: reason.slice(0, LONGEST_REASON) }),
    fields: allow ? fieldsOf(headers, toOrigin) : [],
  };
}

function fieldsOf(headers: unknown, toOrigin: readonly string[]): Answer["fields"] {
  if (!isObject(headers)) throw new Error("its headers are no object");
  const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return fields.flatMap(([name, value]) => {
    if (!toOrigin.includes(name)) return [];
    if (typeof value !== "string" || !FIELD_VALUE.test(value)) {
      throw new Error(`its header ${name} is no field value`);
    }
    return [[name, value] as const];
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
