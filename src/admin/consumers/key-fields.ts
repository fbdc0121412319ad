import { parseNetwork } from "../../http/network.ts";
import { isSerialised, WEB_ORIGIN } from "../../http/web-origin.ts";
import { KEY_PREFIX } from "../../identity/api-key/format.ts";
import type { NewKey } from "../../stores/consumers/consumer.ts";
import { CAPTION, type Form, fieldsOf, optional, optionalList, required, textForm } from "./fields.ts";

const NAMES = ["prefix", "label", "scopes", "routes", "addresses", "origins", "expiresAt"];
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
  const fields = fieldsOf(body, NAMES);
  const expiresAt = optional<string>(fields, "expiresAt", timeAfter(now));
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
    ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
  };
}

/** Reads for how long a rolled key goes on to hold, in ms: a day unless told. @throws RefusalError `malformed-body` */
export function readOverlap(body: unknown): number {
  const fields = fieldsOf(body, ["overlapSeconds"]);
  return (optional<number>(fields, "overlapSeconds", OVERLAP) ?? DEFAULT_OVERLAP) * 1_000;
}

/** RFC 3339 with a zone: a time without one would be another in each place. */
export function timeAfter(now: number): Form {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/;
  return {
    is: (value) => typeof value === "string" && form.test(value) && Date.parse(value) > now,
    what: "a time to come, such as 2027-01-31T12:00:00Z",
  };
}
