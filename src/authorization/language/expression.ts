import type { Network } from "../../http/network.ts";

/** A value that can stand in an expression. */
export type Scalar = string | number | boolean;

/** What of a request an expression names: `["request", "headers", "x-tenant"]`, `["identity", "claims", "org"]`. */
export type Path = readonly [root: string, ...names: string[]];

/** One side of a comparison. */
export type Operand =
  | { readonly value: Scalar }
  | { readonly list: readonly Scalar[] }
  | { readonly path: Path };

/** What two sides are compared by. */
export const COMPARISONS = ["==", "!=", "<", "<=", ">", ">=", "in", "has", "startsWith", "endsWith"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** A condition as the build leaves it: parsed, its types checked, plain JSON. */
export type Expression =
  | { readonly always: boolean }
  | { readonly and: readonly Expression[] }
  | { readonly or: readonly Expression[] }
  | { readonly not: Expression }
  | { readonly compare: Comparison; readonly left: Operand; readonly right: Operand }
  /** Whether an address lies in one of the networks. */
  | { readonly address: Path; readonly networks: readonly Network[] };

/** Bounds of one expression. Evaluation visits each part at most once. */
export const BOUNDS = {
  /** Characters. */
  length: 2_000,
  /** Parentheses and `not` within one another. */
  depth: 32,
  /** Comparisons, values and operators. */
  parts: 400,
} as const;
