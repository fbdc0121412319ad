import { nameOf, REDACTED } from "../../src/upstream/recorded/recording.ts";

/** Header fields that carry credentials: never recorded, and what they hold is left out wherever it turns up. */
const HEADERS = [
  ...["authorization", "cookie", "proxy-authorization", "set-cookie"],
  ...["api-key", "apikey", "x-access-token", "x-api-key", "x-auth-token", "x-csrf-token"],
];
/** Query parameters that carry credentials. */
const PARAMETERS = [
  ...[
    "access_token",
    "api_key",
    "api-key",
    "apikey",
    "client_secret",
    "id_token",
    "password",
    "refresh_token",
  ],
  ...["secret", "sig", "signature", "token"],
];
/** Members of JSON bodies that carry credentials. */
const MEMBERS = [
  "access_token",
  "api_key",
  "apikey",
  "client_secret",
  "id_token",
  "password",
  "refresh_token",
  "secret",
];

/** Whatever is shorter is not replaced where it turns up: it would spoil what has nothing to do with it. */
const SHORTEST = 6;
/** The same, for what may well be a plain word: cookies and parameters. */
const SHORTEST_OF_MANY = 12;

/** A header field as it is on the wire. */
export type Field = readonly [name: string, value: string];

/** Knows what must not get into a recording. */
export class Secrets {
  readonly headers: ReadonlySet<string>;
  readonly parameters: ReadonlySet<string>;
  readonly members: ReadonlySet<string>;

  /** @param names of headers, parameters and members beside those that are known anyway */
  constructor(names: readonly string[]) {
    const also = names.map((name) => name.toLowerCase());
    this.headers = new Set([...HEADERS, ...also]);
    this.parameters = new Set([...PARAMETERS, ...also]);
    this.members = new Set([...MEMBERS, ...also]);
  }

  /** The secret values of an exchange, the longest first. @param fields of the request and its answer */
  valuesOf(target: string, fields: readonly Field[]): string[] {
    const many = [...this.#inTarget(target), ...cookiesOf(fields)];
    const values = [
      ...many.filter(({ length }) => length >= SHORTEST_OF_MANY),
      ...this.#inFields(fields).filter(({ length }) => length >= SHORTEST),
    ];
    return [...new Set(values)].sort((a, b) => b.length - a.length);
  }

  /** Names of the parameters in a target whose values are left out. */
  parametersIn(target: string): string[] {
    return this.#pairs(target).map(([name]) => name);
  }

  /** JSON without the values of secret members; undefined where there is none. */
  withoutMembers(json: unknown): unknown {
    let found = false;
    const text = JSON.stringify(json, (key, value: unknown) => {
      const isSecret = this.members.has(key.toLowerCase()) && typeof value === "string" && value !== "";
      found ||= isSecret;
      return isSecret ? REDACTED : value;
    });
    return found ? JSON.parse(text) : undefined;
  }

  #pairs(target: string): Array<readonly [name: string, value: string]> {
    const query = target.slice(target.indexOf("?") + 1);
    const pairs = target.includes("?") ? query.split("&") : [];
    return pairs
      .map((pair) => [nameOf(pair.split("=", 1)[0] ?? ""), pair.slice(pair.indexOf("=") + 1)] as const)
      .filter(([name]) => this.parameters.has(name));
  }

  #inTarget(target: string): string[] {
    return this.#pairs(target).flatMap(([, value]) => [value, decoded(value)]);
  }

  #inFields(fields: readonly Field[]): string[] {
    return fields.flatMap(([name, value]) => {
      const lower = name.toLowerCase();
      if (!this.headers.has(lower) || lower === "set-cookie") return [];
      // What follows the scheme, as in `Bearer …`, is the secret itself.
      return lower === "cookie" ? [value] : [value, value.slice(value.indexOf(" ") + 1)];
    });
  }
}

/** The values of cookies, one by one. */
function cookiesOf(fields: readonly Field[]): string[] {
  return fields.flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (lower === "cookie") return value.split(";").map(afterSign);
    return lower === "set-cookie" ? [afterSign(value.split(";", 1)[0] ?? "")] : [];
  });
}

function afterSign(pair: string): string {
  return pair.slice(pair.indexOf("=") + 1).trim();
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch {
    return value;
  }
}

/** Leaves secret values out of a text. */
export function withoutValues(text: string, values: readonly string[]): string {
  return values.reduce((left, value) => left.replaceAll(value, REDACTED), text);
}
