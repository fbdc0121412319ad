import { RefusalError, refuse } from "../../errors/refusal.ts";
import type { ShapeRules } from "./compiled.ts";

/** Dotted paths as a tree, so that one walk over the value serves all of them. */
interface PathTree {
  readonly keys: Map<string, PathTree>;
  /** Whether a path ends here. */
  ends: boolean;
  /** Where a path ends: the new name, for renames. */
  name: string;
}

type Members = Record<string, unknown>;

/**
 * Compiles target → pick → omit → rename. The result works on own members only and changes the value in place,
 * so the value must be nobody else's.
 */
export function compileShape(rules: ShapeRules): (value: unknown) => unknown {
  const { target, pick, omit, rename } = rules;
  const passes: Array<(value: unknown) => unknown> = [];
  if (target !== undefined) passes.push((value) => targetOf(value, target));
  if (pick !== undefined) {
    const tree = treeOf(pick.map((path) => [path, ""]));
    passes.push((value) => picked(value, tree) ?? null);
  }
  if (omit !== undefined) {
    const tree = treeOf(omit.map((path) => [path, ""]));
    passes.push((value) => omitFrom(value, tree));
  }
  if (rename !== undefined) {
    const tree = treeOf(rename);
    passes.push((value) => renameIn(value, tree));
  }
  return (value) => passes.reduce((shaped, pass) => pass(shaped), value);
}

function treeOf(paths: ReadonlyArray<readonly [path: readonly string[], name: string]>): PathTree {
  const root: PathTree = { keys: new Map(), ends: false, name: "" };
  for (const [path, name] of paths) {
    let node = root;
    for (const key of path) {
      let next = node.keys.get(key);
      if (next === undefined) {
        next = { keys: new Map(), ends: false, name: "" };
        node.keys.set(key, next);
      }
      node = next;
    }
    node.ends = true;
    node.name = name;
  }
  return root;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null;
}

function targetOf(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (!isMembers(found) || !Object.hasOwn(found, key)) {
      throw new RefusalError(refuse("upstream-invalid", { cause: `the answer has no "${path.join(".")}"` }));
    }
    found = found[key];
  }
  return found;
}

/** An allow-list: what is no object where a path goes on was not named, so it is undefined. */
function picked(value: unknown, tree: PathTree): unknown {
  if (Array.isArray(value))
    return value.map((item) => picked(item, tree)).filter((item) => item !== undefined);
  if (!isMembers(value)) return value === null ? null : undefined;
  const kept: Array<readonly [key: string, member: unknown]> = [];
  for (const [key, below] of tree.keys) {
    if (!Object.hasOwn(value, key)) continue;
    const member = below.ends ? value[key] : picked(value[key], below);
    if (member !== undefined) kept.push([key, member]);
  }
  // Defines, where an assignment would set a prototype.
  return Object.fromEntries(kept);
}

function omitFrom(value: unknown, tree: PathTree): unknown {
  if (Array.isArray(value)) for (const item of value) omitFrom(item, tree);
  else if (isMembers(value)) {
    for (const [key, below] of tree.keys) {
      if (below.ends) delete value[key];
      else if (Object.hasOwn(value, key)) omitFrom(value[key], below);
    }
  }
  return value;
}

function renameIn(value: unknown, tree: PathTree): unknown {
  if (Array.isArray(value)) for (const item of value) renameIn(item, tree);
  else if (isMembers(value)) {
    const moved: Array<readonly [name: string, member: unknown]> = [];
    for (const [key, below] of tree.keys) {
      if (!Object.hasOwn(value, key)) continue;
      renameIn(value[key], below);
      if (!below.ends) continue;
      moved.push([below.name, value[key]]);
      delete value[key];
    }
    // Only now, so that two names can be swapped.
    for (const [name, member] of moved) value[name] = member;
  }
  return value;
}
