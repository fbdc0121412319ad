import type { Comparison, Scalar } from "./expression.ts";

/** An expression as it is written, before anybody has asked whether it makes sense. */
export type Syntax =
  | { readonly kind: "and" | "or"; readonly parts: readonly Syntax[]; readonly at: number }
  | { readonly kind: "not"; readonly part: Syntax; readonly at: number }
  | {
      readonly kind: "compare";
      readonly by: Comparison;
      readonly left: Syntax;
      readonly right: Syntax;
      readonly at: number;
    }
  | { readonly kind: "value"; readonly value: Scalar; readonly at: number }
  | { readonly kind: "list"; readonly values: readonly Scalar[]; readonly at: number }
  | { readonly kind: "path"; readonly names: readonly string[]; readonly at: number }
  | { readonly kind: "cidr"; readonly networks: readonly Written[]; readonly at: number };

/** A text and where it stands. */
export interface Written {
  readonly text: string;
  readonly at: number;
}
