/** A token, as opposed to a string. Made by {@link token}. */
export interface Token {
  readonly token: string;
}

/** What can stand in an item: a string, a number (integer or decimal), a boolean, bytes or a token. */
export type BareItem = string | number | boolean | Uint8Array | Token;

/** Parameters in the order in which they are sent. */
export type Parameters = Readonly<Record<string, BareItem>>;

/** A bare item with its parameters. */
export type Item = readonly [value: BareItem, parameters?: Parameters];

/** An item as it was parsed. */
export interface ParsedItem {
  readonly value: BareItem;
  /** In the order in which they came. */
  readonly parameters: ReadonlyMap<string, BareItem>;
}

/** Items in parentheses, and parameters of them all. */
export interface InnerList {
  readonly items: readonly ParsedItem[];
  readonly parameters: ReadonlyMap<string, BareItem>;
}

const TOKEN = /^[A-Za-z*][\w!#$%&'*+.^`|~:/-]*$/;
const KEY = /^[a-z*][a-z0-9_\-.*]*$/;
const STRING = /^[\x20-\x7e]*$/;
/** Integers have 15 digits, decimals 12 before the point and 3 after it (RFC 9651 §3.3). */
const INTEGER_LIMIT = 999_999_999_999_999;
const DECIMAL_LIMIT = 999_999_999_999.9995;

/** Marks a text as a token (RFC 9651 §3.3.4). */
export function token(text: string): Token {
  return { token: text };
}

/** Serialises a list (RFC 9651 §4.1.1). @throws TypeError for what has no serialisation. */
export function serialiseList(items: readonly Item[]): string {
  return items.map(serialiseItem).join(", ");
}

/** Serialises an item (RFC 9651 §4.1.3). @throws TypeError for what has no serialisation. */
export function serialiseItem([value, parameters = {}]: Item): string {
  return serialiseBareItem(value) + serialiseParameters(parameters);
}

function serialiseParameters(parameters: Parameters): string {
  let text = "";
  for (const [key, parameter] of Object.entries(parameters)) {
    if (!KEY.test(key)) throw new TypeError(`"${key}" is no structured field key`);
    text += parameter === true ? `;${key}` : `;${key}=${serialiseBareItem(parameter)}`;
  }
  return text;
}

/** Serialises an inner list (RFC 9651 §4.1.1.1). @throws TypeError for what has no serialisation. */
export function serialiseInnerList({ items, parameters }: InnerList): string {
  const texts = items.map((item) => serialiseItem([item.value, Object.fromEntries(item.parameters)]));
  return `(${texts.join(" ")})${serialiseParameters(Object.fromEntries(parameters))}`;
}

function serialiseBareItem(value: BareItem): string {
  if (typeof value === "string") return serialiseString(value);
  if (typeof value === "number") return serialiseNumber(value);
  if (typeof value === "boolean") return value ? "?1" : "?0";
  if (value instanceof Uint8Array) return `:${btoa(String.fromCharCode(...value))}:`;
  if (!TOKEN.test(value.token)) throw new TypeError(`"${value.token}" is no structured field token`);
  return value.token;
}

function serialiseString(value: string): string {
  if (!STRING.test(value)) throw new TypeError("a structured field string holds printable ASCII only");
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}

function serialiseNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) <= INTEGER_LIMIT) return String(value);
  if (!(Math.abs(value) < DECIMAL_LIMIT))
    throw new TypeError(`${value} is out of a structured field's range`);
  // A decimal keeps one digit after its point, so that it is not read as an integer.
  return value.toFixed(3).replace(/0{1,2}$/, "");
}
