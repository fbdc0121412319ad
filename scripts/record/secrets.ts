import { isCredentialName } from "../../src/http/credential-name.ts";
import { credentialValues, parametersOf } from "../../src/http/credential-values.ts";
import { redactParameters } from "../../src/http/redact-parameters.ts";
import { REDACTED } from "../../src/upstream/recorded/recording.ts";

/** A header field as it is on the wire. */
export type Field = readonly [name: string, value: string];

/** Knows what must not get into a recording: credentials, and what else was named. */
export class Secrets {
  readonly #also: ReadonlySet<string>;

  /** @param names of headers, parameters and members beside those that are known anyway */
  constructor(names: readonly string[]) {
    this.#also = new Set(names.map((name) => name.toLowerCase()));
  }

  /** Whether what a header, parameter or member of this name holds is left out. */
  isSecret(name: string): boolean {
    return isCredentialName(name) || this.#also.has(name.toLowerCase());
  }

  /** The secret values of an exchange, the longest first. @param fields of the request and its answer */
  valuesOf(target: string, fields: readonly Field[]): string[] {
    return credentialValues(target, fields, (name) => this.isSecret(name));
  }

  /** Names of the parameters in a target whose values are left out. */
  parametersIn(target: string): string[] {
    return parametersOf(target)
      .map(([name]) => name)
      .filter((name) => this.isSecret(name));
  }

  /** A text without the values of secret parameters in the URLs that it may hold. */
  withoutParameters(text: string): string {
    return redactParameters(text, (name) => this.isSecret(name), REDACTED);
  }

  /** JSON without the values of secret members; undefined where there is none. */
  withoutMembers(json: unknown): unknown {
    let found = false;
    const text = JSON.stringify(json, (key, value: unknown) => {
      const isSecret = typeof value === "string" && value !== "" && this.isSecret(key);
      found ||= isSecret;
      return isSecret ? REDACTED : value;
    });
    return found ? JSON.parse(text) : undefined;
  }
}

/** Leaves secret values out of a text. */
export function withoutValues(text: string, values: readonly string[]): string {
  return values.reduce((left, value) => left.replaceAll(value, REDACTED), text);
}
