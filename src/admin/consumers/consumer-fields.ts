import type { Consumer, ConsumerChange, ConsumerFields } from "../../stores/consumers/consumer.ts";
import {
  BOOLEAN,
  CAPTION,
  type Fields,
  type Form,
  fieldsOf,
  optional,
  optionalList,
  required,
  TIME,
  textForm,
  wrongField,
} from "./fields.ts";

const NAMES = ["name", "plan", "roles", "metadata", "suspended"];
/** A consumer's id. What stands in its place in a path is none. */
export const CONSUMER_ID = textForm(
  /^(?!(?:audit|export|import|tokens)$)[A-Za-z0-9][\w.:@-]{0,127}$/,
  'an id of 1 to 128 letters, digits and -._:@ that is not "audit", "export", "import" or "tokens"',
);
const NAME = textForm(/^[A-Za-z0-9][\w.:-]{0,63}$/, "a name of 1 to 64 letters, digits and -._:");
const VERSION: Form = {
  is: (value) => Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) < 1e15,
  what: "a whole number from 1 on",
};
const METADATA_NAME = /^[A-Za-z][\w.-]{0,63}$/;
const MOST_METADATA = 50;

/** Reads the body of a creation. @throws RefusalError `malformed-body`, which names the field */
export function readNewConsumer(body: unknown): ConsumerFields & { readonly id: string | undefined } {
  const fields = fieldsOf(body, ["id", ...NAMES]);
  return { id: optional(fields, "id", CONSUMER_ID), ...readConsumerFields(fields) };
}

/** Reads a consumer from a record. @throws RefusalError `malformed-body`, which names the field */
export function readKeptConsumer(body: unknown): Consumer {
  const fields = fieldsOf(body, ["id", ...NAMES, "createdAt", "version"]);
  return {
    id: required(fields, "id", CONSUMER_ID),
    ...readConsumerFields(fields),
    createdAt: Date.parse(required(fields, "createdAt", TIME)),
    version: required(fields, "version", VERSION),
  };
}

/** Reads the body of a change. @throws RefusalError `malformed-body`, which names the field */
export function readConsumerChange(body: unknown): ConsumerChange {
  const fields = fieldsOf(body, NAMES);
  if (Object.keys(fields).length === 0) throw wrongField("", `names what is to change: ${NAMES.join(", ")}`);
  return readFields(fields, orNull(CAPTION), orNull(NAME));
}

function readConsumerFields(fields: Fields): ConsumerFields {
  const { name, plan, roles = [], metadata = {}, suspended = false } = readFields(fields, CAPTION, NAME);
  return { ...(name != null && { name }), ...(plan != null && { plan }), roles, metadata, suspended };
}

function readFields(fields: Fields, name: Form, plan: Form): ConsumerChange {
  const read: ConsumerChange = {
    name: optional<string | null>(fields, "name", name),
    plan: optional<string | null>(fields, "plan", plan),
    roles: optionalList(fields, "roles", NAME),
    metadata: readMetadata(fields.metadata),
    suspended: optional<boolean>(fields, "suspended", BOOLEAN),
  } as ConsumerChange;
  // What is absent does not change.
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

function orNull(form: Form): Form {
  return { is: (value) => value === null || form.is(value), what: `${form.what}, or null for none` };
}

function readMetadata(value: unknown): ConsumerFields["metadata"] | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrongField("metadata", "is a JSON object");
  const entries = Object.entries(value);
  if (entries.length > MOST_METADATA) throw wrongField("metadata", `has at most ${MOST_METADATA} entries`);
  for (const [name, entry] of entries) {
    if (!METADATA_NAME.test(name))
      throw wrongField(`metadata.${name}`, "has a name of 1 to 64 letters, digits and -._");
    if (!isPlain(entry))
      throw wrongField(`metadata.${name}`, "is a text of at most 1,000 characters, a number, true or false");
  }
  return value as ConsumerFields["metadata"];
}

function isPlain(value: unknown): boolean {
  if (typeof value === "string") return value.length <= 1_000 && value.isWellFormed();
  return typeof value === "boolean" || typeof value === "number";
}
