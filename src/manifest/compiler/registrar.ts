import type { CredentialDeclaration } from "../../identity/declare.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import { credentialModule } from "./check-access.ts";
import { upstreamName } from "./check-upstream.ts";
import type { Findings } from "./finding.ts";
import type { Accessor, Locations } from "./locate.ts";
import { type Registrar, serialise } from "./serialise.ts";

/** Numbers and names what JSON cannot hold, each thing once, and remembers what the entry must import for it. */
export class ManifestRegistrar implements Registrar {
  /** By name. What is met while this is walked is walked too: a credential's keys may name an upstream. */
  readonly upstreams = new Map<string, UpstreamDeclaration>();
  /** JSON by index. */
  readonly credentials: string[] = [];
  readonly credentialTypes = new Set<string>();
  readonly values: Accessor[] = [];
  readonly variables = new Set<string>();
  /** Where that stands which is being compiled. */
  place: Findings;
  readonly #locations: Locations;
  readonly #placeOf: (declaration: UpstreamDeclaration) => Findings;
  readonly #clashes = new Set<UpstreamDeclaration>();
  readonly #credentialIndex = new Map<unknown, number>();
  readonly #valueIndex = new Map<unknown, number>();

  constructor(
    place: Findings,
    locations: Locations,
    placeOf: (declaration: UpstreamDeclaration) => Findings,
  ) {
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

  variable(name: string): void {
    this.variables.add(name);
  }

  value(value: unknown): number {
    const known = this.#valueIndex.get(value);
    if (known !== undefined) return known;
    const accessor = this.#locations.of(value);
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
