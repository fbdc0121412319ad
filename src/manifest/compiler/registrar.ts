import { join } from "node:path";
import type { CredentialDeclaration } from "../../identity/declare.ts";
import type { PartName } from "../../parts/part.ts";
import type { FileContent, ManifestFile } from "../../schema/manifest-file.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import { credentialModule } from "./check-access.ts";
import { upstreamName } from "./check-upstream.ts";
import { embedFile } from "./embed-file.ts";
import type { Findings } from "./finding.ts";
import type { Accessor, Locations } from "./locate.ts";
import { type Registrar, serialise } from "./serialise.ts";
import { workerFunction } from "./worker-functions.ts";

/** Numbers and names what JSON cannot hold, each thing once, and remembers what the entry must import for it. */
export class ManifestRegistrar implements Registrar {
  /** By name. What is met while this is walked is walked too: a credential's keys may name an upstream. */
  readonly upstreams = new Map<string, UpstreamDeclaration>();
  /** JSON by index. */
  readonly credentials: string[] = [];
  /** Numbers by JSON. */
  readonly policies = new Map<string, number>();
  readonly credentialTypes = new Set<string>();
  readonly values: Accessor[] = [];
  readonly variables = new Set<string>();
  /** What the functions of the Worker's own use that were met. */
  readonly parts = new Set<PartName>();
  /** Absolute paths of the files that were embedded, or would have been. */
  readonly files = new Set<string>();
  /** Where that stands which is being compiled. */
  place: Findings;
  readonly #folder: string;
  readonly #locations: Locations;
  readonly #placeOf: (declaration: UpstreamDeclaration) => Findings;
  readonly #clashes = new Set<UpstreamDeclaration>();
  readonly #credentialIndex = new Map<unknown, number>();
  readonly #valueIndex = new Map<unknown, number>();

  /** @param folder absolute path of the manifest's folder */
  constructor(
    folder: string,
    place: Findings,
    locations: Locations,
    placeOf: (declaration: UpstreamDeclaration) => Findings,
  ) {
    this.#folder = folder;
    this.place = place;
    this.#locations = locations;
    this.#placeOf = placeOf;
  }

  upstream(declaration: UpstreamDeclaration): string {
    const name = upstreamName(declaration);
    const first = this.upstreams.get(name) ?? declaration;
    this.upstreams.set(name, first);
    if (first !== declaration && !this.#clashes.has(declaration)) {
      this.#clashes.add(declaration);
      const advice = "Import the object instead of declaring it again.";
      this.#placeOf(declaration).add("two upstreams have this name", advice);
    }
    return name;
  }

  credential({ type, options }: CredentialDeclaration): number {
    const known = this.#credentialIndex.get(options);
    if (known !== undefined) return known;
    const index = this.credentials.push("") - 1;
    this.#credentialIndex.set(options, index);
    const module = credentialModule(type, this.place);
    if (module === undefined) return index;
    this.credentialTypes.add(type);
    // Where its options are wrong, the check has said so.
    const parsed = module.options().safeParse(options);
    if (parsed.success) this.credentials[index] = serialise({ type, options: parsed.data }, this);
    return index;
  }

  /** The number of a policy: one of the same options has the same, as it stands for nothing but its options. */
  policy(name: string, options: unknown): number {
    const json = serialise([name, options], this);
    const number = this.policies.get(json) ?? this.policies.size;
    this.policies.set(json, number);
    return number;
  }

  variable(name: string): void {
    this.variables.add(name);
  }

  file(file: ManifestFile): FileContent {
    this.files.add(join(this.#folder, file.path));
    return embedFile(file, this.#folder, this.place) ?? "";
  }

  value(value: unknown): number {
    const known = this.#valueIndex.get(value);
    if (known !== undefined) return known;
    const own = workerFunction(value);
    for (const part of own?.uses ?? []) this.parts.add(part);
    const accessor = this.#locations.of(value) ?? own?.accessor;
    if (accessor === undefined) {
      this.place.add(
        "a function or app is not reachable from what its module exports",
        "Export the group, upstream or object that holds it from the module that declares it.",
      );
    }
    const index = this.values.push(accessor ?? { file: "", expression: "" }) - 1;
    this.#valueIndex.set(value, index);
    return index;
  }
}
