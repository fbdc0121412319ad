import type { Reference } from "../references/template.ts";

/** A reference, and where it stands in the options. */
export interface KeyUse {
  readonly path: readonly string[];
  readonly reference: Reference;
}

/** The references of a list of keys: a key without a dot is none. Build only. */
export function keyReferences(option: string, keys: readonly string[]): KeyUse[] {
  return keys.flatMap((key, index) => keyReference([option, String(index)], key));
}

/** The reference of one value. Build only. */
export function keyReference(path: readonly string[], source: string): KeyUse[] {
  const [root = "", ...rest] = source.split(".");
  return rest.length === 0 ? [] : [{ path, reference: [root, ...rest] }];
}

/** What stands in a list more than once, each once. Build only. */
export function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
