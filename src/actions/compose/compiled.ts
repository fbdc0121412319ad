import type { Template } from "../../references/template.ts";
import type { Json } from "../../schema/json.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";

/** A request body with references: constant JSON, a template, or a list or object that has some below it. */
export type BodyTemplate =
  | { readonly json: Json }
  | Template
  | { readonly items: readonly BodyTemplate[] }
  | { readonly members: ReadonlyArray<readonly [key: string, value: BodyTemplate]> };

/** What is done with a step's answer; paths are split at their dots. */
export interface ShapeRules {
  readonly target?: readonly string[] | undefined;
  readonly pick?: ReadonlyArray<readonly string[]> | undefined;
  readonly omit?: ReadonlyArray<readonly string[]> | undefined;
  readonly rename?: ReadonlyArray<readonly [from: readonly string[], to: string]> | undefined;
}

/** One step as the build leaves it. @typeParam Up the declared or the running upstream. */
export interface CompiledStep<Up> {
  readonly name: string;
  /** Absent where the step calls a route. */
  readonly upstream?: Up | undefined;
  /** Path, and query if it has a `?`, at the upstream or of the route. */
  readonly path: Template;
  readonly method: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: Template]>;
  readonly query: ReadonlyArray<readonly [name: string, value: Template]>;
  readonly body?: BodyTemplate | undefined;
  readonly optional: boolean;
  readonly fallback?: Json | undefined;
  /** ms */
  readonly timeout?: number | undefined;
  readonly passStatus: readonly number[];
  readonly shape: ShapeRules;
  readonly group?: string | undefined;
  /** Indexes of the steps whose values this one refers to. */
  readonly after: readonly number[];
}

/** What the build makes of a {@link ComposeDeclaration}. Steps stand in the order of their declaration. */
export interface CompiledCompose<Up = UpstreamDeclaration> {
  readonly steps: ReadonlyArray<CompiledStep<Up>>;
  readonly merge?: ((parts: never) => unknown) | undefined;
}
