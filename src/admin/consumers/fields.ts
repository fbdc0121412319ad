import { RefusalError, refuse } from "../../errors/refusal.ts";

/** A JSON object, of which nothing is believed yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a field must be, and how to tell. */
export interface Form {
  readonly is: (value: unknown) => boolean;
  readonly what: string;
}

/** Most entries of a list. */
const MOST = 100;

/** The refusal of a body. */
export class WrongField extends RefusalError {
  readonly field: string;
  readonly what: string;

  /**
   * @param field the path of what is wrong in the body, such as `roles[1]`; empty for all of it
   * @param what the rest of a sentence that begins with the field
   */
  constructor(field: string, what: string) {
    const detail = `${field === "" ? "The body" : field} ${what}.`;
    super(refuse("malformed-body", { detail, extensions: { field } }));
    this.field = field;
    this.what = what;
  }
}

/** @see WrongField */
export function wrongField(field: string, what: string): WrongField {
  return new WrongField(field, what);
}

/** Reads a part of a body. @param path of the part: what is wrong in it is named from there on */
export function readPart<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WrongField)) throw error;
    throw wrongField(error.field === "" ? path : `${path}.${error.field}`, error.what);
  }
}

/** An object that has no other fields than these: a misspelt one must not be skipped. @throws RefusalError */
export function fieldsOf(body: unknown, names: readonly string[]): Fields {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw wrongField("", "is a JSON object");
  const other = Object.keys(body).find((name) => !names.includes(name));
  if (other !== undefined) throw wrongField(other, `is no field: there are ${names.join(", ")}`);
  return body as Fields;
}

/** A field, undefined where it is absent. @throws RefusalError where it has another form */
export function optional<T>(fields: Fields, name: string, form: Form): T | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (!form.is(value)) throw wrongField(name, `is ${form.what}`);
  return value as T;
}

/** A field that must be there. @throws RefusalError */
export function required<T>(fields: Fields, name: string, form: Form): T {
  const value = optional<T>(fields, name, form);
  if (value === undefined) throw wrongField(name, `is missing: it is ${form.what}`);
  return value;
}

/** A list without repetitions, undefined where it is absent. @throws RefusalError */
export function optionalList(fields: Fields, name: string, form: Form): string[] | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > MOST)
    throw wrongField(name, `is a list of at most ${MOST} entries`);
  for (const [index, entry] of value.entries()) {
    if (!form.is(entry)) throw wrongField(`${name}[${index}]`, `is ${form.what}`);
    if (value.indexOf(entry) < index) throw wrongField(`${name}[${index}]`, "is listed twice");
  }
  return value as string[];
}

/** A text of this pattern. */
export function textForm(pattern: RegExp, what: string): Form {
  return { is: (value) => typeof value === "string" && pattern.test(value) && value.isWellFormed(), what };
}

export const BOOLEAN: Form = { is: (value) => typeof value === "boolean", what: "true or false" };
/** What people read. */
export const CAPTION = textForm(
  /^[^\p{Cc}]{1,200}$/u,
  "a text of 1 to 200 characters without control characters",
);
/** RFC 3339 with a zone: a time without one would be another in each place. */
export const TIME: Form = {
  is: (value) =>
    typeof value === "string" &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  what: "a time such as 2027-01-31T12:00:00Z",
};
