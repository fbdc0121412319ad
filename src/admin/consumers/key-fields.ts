import { parseNetwork } from "../../http/network.ts";
import { isSerialised, WEB_ORIGIN } from "../../http/web-origin.ts";
import { KEY_PREFIX } from "../../identity/api-key/format.ts";
import type { NewKey } from "../../stores/consumers/consumer.ts";
import type { KeptKey } from "../../stores/consumers/tables.ts";
import { CONSUMER_ID } from "./consumer-fields.ts";
import {
  CAPTION,
  type Fields,
  type Form,
  fieldsOf,
  optional,
  optionalList,
  required,
  TIME,
  textForm,
} from "./fields.ts";

const NAMES = ["prefix", "label", "scopes", "routes", "addresses", "origins", "expiresAt"];
/** What a record of a key has beside. */
const KEPT_NAMES = ["createdAt", "revokedAt", "replacedBy", "lastUsedAt"];
const KEY_ID = textForm(/^[A-Za-z0-9][\w.:-]{0,63}$/, "an id of 1 to 64 letters, digits and -._:");
/** As `hashKey` writes it. */
const HASH = textForm(/^[0-9a-f]{64}$/, "the SHA-256 of a key in 64 digits of lower-case hex");
const PREFIX = textForm(KEY_PREFIX, 'words of lower-case letters and digits, such as "shop_live"');
/** A scope token (RFC 6749 §3.3). */
const SCOPE = textForm(
  /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/,
  "a scope: visible ASCII without quotes and backslashes",
);
const ROUTE = textForm(
  /^(?:\*|[A-Z]{1,20}) \/[\x21-\x7e]{0,500}$/,
  'a route as it is declared, such as "GET /v1/products/:id", or all below a path: "GET /v1/*"; * is any method',
);
const ADDRESS: Form = {
  is: (value) => typeof value === "string" && parseNetwork(value) !== undefined,
  what: "an address, or a network by its first address such as 192.0.2.0/24",
};
const ORIGIN: Form = {
  is: (value) => typeof value === "string" && WEB_ORIGIN.test(value) && isSerialised(value),
  what: "a web origin such as https://shop.example or https://*.shop.example",
};
/** In seconds. */
const MOST_OVERLAP = 90 * 86_400;
const OVERLAP: Form = {
  is: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_OVERLAP,
  what: `a whole number of seconds from 0 to ${MOST_OVERLAP}`,
};
const DEFAULT_OVERLAP = 86_400;

/** Reads the body of a new key. @throws RefusalError `malformed-body`, which names the field */
export function readNewKey(body: unknown, now: number): Omit<NewKey, "id" | "hash"> {
  return readKeyFields(fieldsOf(body, NAMES), timeAfter(now));
}

/** Reads a key from a record. @throws RefusalError `malformed-body`, which names the field */
export function readKeptKey(body: unknown): KeptKey {
  const fields = fieldsOf(body, ["id", "consumer", "hash", ...NAMES, ...KEPT_NAMES]);
  const replacedBy = optional<string>(fields, "replacedBy", KEY_ID);
  return {
    id: required(fields, "id", KEY_ID),
    consumer: required(fields, "consumer", CONSUMER_ID),
    hash: required(fields, "hash", HASH),
    ...readKeyFields(fields, TIME),
    createdAt: Date.parse(required(fields, "createdAt", TIME)),
    ...(replacedBy !== undefined && { replacedBy }),
    ...readTime(fields, "revokedAt"),
    ...readTime(fields, "lastUsedAt"),
  };
}

function readKeyFields(fields: Fields, end: Form): Omit<NewKey, "id" | "hash"> {
  const label = optional<string>(fields, "label", CAPTION);
  const routes = optionalList(fields, "routes", ROUTE);
  const addresses = optionalList(fields, "addresses", ADDRESS);
  const origins = optionalList(fields, "origins", ORIGIN);
  return {
    prefix: required(fields, "prefix", PREFIX),
    scopes: optionalList(fields, "scopes", SCOPE) ?? [],
    ...(label !== undefined && { label }),
    ...(routes && { routes }),
    ...(addresses && { addresses }),
    ...(origins && { origins }),
    ...readTime(fields, "expiresAt", end),
  };
}

function readTime<Name extends string>(
  fields: Fields,
  name: Name,
  form = TIME,
): { readonly [Key in Name]?: number } {
  const time = optional<string>(fields, name, form);
  return time === undefined ? {} : ({ [name]: Date.parse(time) } as { readonly [Key in Name]?: number });
}

/** Reads for how long a rolled key goes on to hold, in ms: a day unless told. @throws RefusalError `malformed-body` */
export function readOverlap(body: unknown): number {
  const fields = fieldsOf(body, ["overlapSeconds"]);
  return (optional<number>(fields, "overlapSeconds", OVERLAP) ?? DEFAULT_OVERLAP) * 1_000;
}

/** A {@link TIME} that is still to come. */
export function timeAfter(now: number): Form {
  return {
    is: (value) => TIME.is(value) && Date.parse(String(value)) > now,
    what: "a time to come, such as 2027-01-31T12:00:00Z",
  };
}
