import type { Identity } from "./identity.ts";

type Fields = ReadonlyArray<readonly [name: string, value: string]>;

const written = new WeakMap<Identity, Fields>();

/**
 * The fields that tell an origin who calls: `x-identity-id`, `-subject`, `-issuer`, `-credential`, and where there
 * are any `-scopes` and `-roles` (with spaces between them), `-consumer` and `-plan`. Whatever in a value is not
 * visible ASCII, and the percent sign itself, is percent-encoded as UTF-8, so that decoding gives back the value.
 * Every field whose name begins with `x-identity-` must be removed from what a client sends.
 */
export function identityHeaders(identity: Identity): Fields {
  let fields = written.get(identity);
  if (fields === undefined) {
    const { id, subject, issuer, credential, scopes, roles = [], consumer, plan } = identity;
    const values: ReadonlyArray<readonly [string, string | undefined]> = [
      ["x-identity-id", visible(id)],
      ["x-identity-subject", visible(subject)],
      ["x-identity-issuer", visible(issuer)],
      ["x-identity-credential", visible(credential)],
      ["x-identity-scopes", scopes.length > 0 ? scopes.map(visible).join(" ") : undefined],
      ["x-identity-roles", roles.length > 0 ? roles.map(visible).join(" ") : undefined],
      ["x-identity-consumer", consumer && visible(consumer)],
      ["x-identity-plan", plan && visible(plan)],
    ];
    fields = values.filter((field): field is [string, string] => field[1] !== undefined);
    written.set(identity, fields);
  }
  return fields;
}

function visible(value: string): string {
  return value.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]+/gu, encodeURIComponent);
}
