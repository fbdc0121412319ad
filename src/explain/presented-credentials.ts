import { foldName } from "../http/fold-name.ts";
import type { UpstreamBlueprint } from "../manifest/blueprint.ts";
import type { Field, TracedPut } from "./traced.ts";

/** What an upstream puts on its requests once nobody sees them any more: told by name, as its values are nobody's. */
export function putsOf(json: string | undefined): readonly TracedPut[] {
  if (json === undefined) return [];
  const { presents = [], certificate } = JSON.parse(json) as UpstreamBlueprint;
  return [
    ...presents.flatMap(([by, options]) =>
      placesOf(by, options as Options).map((place) => ({ by, ...place })),
    ),
    ...(certificate === undefined ? [] : [{ by: "certificate", binding: certificate }]),
  ];
}

/** Fields that the origin is given: without the caller's own of the names that are put on. */
export function withoutReplaced(fields: readonly Field[], puts: readonly TracedPut[]): readonly Field[] {
  const replaced = new Set(puts.flatMap(({ header }) => (header === undefined ? [] : [foldName(header)])));
  return fields.filter(([name]) => !replaced.has(foldName(name)));
}

/** What of the kinds' compiled options says where they put something. */
interface Options {
  readonly header?: string;
  readonly query?: string;
  readonly sessionToken?: unknown;
  readonly fields?: ReadonlyArray<{ readonly name: string }>;
}

type Place = Omit<TracedPut, "by">;

function placesOf(kind: string, { header, query, sessionToken, fields }: Options): readonly Place[] {
  switch (kind) {
    case "apiKey":
      return [query === undefined ? { header: header!.toLowerCase() } : { query }];
    case "awsSignature": {
      const own = ["authorization", "x-amz-content-sha256", "x-amz-date"];
      return inHeaders(sessionToken === undefined ? own : [...own, "x-amz-security-token"]);
    }
    case "hmac":
      return inHeaders((fields ?? []).map(({ name }) => name.toLowerCase()));
    case "identityToken":
      return inHeaders(["x-identity-token"]);
    default:
      return inHeaders(["authorization"]);
  }
}

function inHeaders(names: readonly string[]): readonly Place[] {
  return names.map((header) => ({ header }));
}
