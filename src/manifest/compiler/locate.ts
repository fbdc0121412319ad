import { isCredential } from "../../identity/declare.ts";
import { isUpstream, type UpstreamDeclaration } from "../../upstream/declare.ts";
import type { UserModule } from "./load.ts";

/** How generated code reaches a value: a module's export and the keys below it. */
export interface Accessor {
  readonly file: string;
  /** JavaScript after the module's namespace, such as `.storefront["routes"]`. */
  readonly expression: string;
}

/** Where the things that JSON cannot hold are found in the manifest's modules. */
export interface Locations {
  readonly of: (value: unknown) => Accessor | undefined;
  /** The file that declares an object, as shown in findings. */
  readonly fileOf: (value: unknown) => string | undefined;
  /** Every upstream that is exported: functions may call it by its declaration. */
  readonly upstreams: readonly UpstreamDeclaration[];
}

/**
 * Walks what the modules export. The manifest itself comes last, so that a function is imported from the file
 * that declares it, and a file without functions is not imported at all.
 */
export function locate(modules: readonly UserModule[]): Locations {
  const found = new Map<unknown, Accessor & { readonly name: string }>();
  const upstreams = new Set<UpstreamDeclaration>();
  const [manifest, ...others] = modules;
  for (const { file, name, exports } of manifest === undefined ? [] : [...others, manifest]) {
    const queue: Array<readonly [value: unknown, expression: string]> = Object.entries(exports).map(
      ([key, value]) => [value, member(key)],
    );
    for (const [value, expression] of queue) {
      if ((typeof value !== "object" && typeof value !== "function") || value === null || found.has(value))
        continue;
      found.set(value, { file, name, expression });
      if (isUpstream(value)) upstreams.add(value);
      if (!isPlain(value) && !isCredential(value)) continue;
      for (const [key, inner] of Object.entries(value)) queue.push([inner, expression + member(key)]);
    }
  }
  return {
    of: (value) => found.get(value),
    fileOf: (value) => found.get(value)?.name,
    upstreams: [...upstreams],
  };
}

/** Data, and not an app or an instance of a class, whose insides are nobody's business. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && typeof value !== "function";
}

function member(key: string): string {
  return `[${JSON.stringify(key)}]`;
}
