import { checkTypes } from "./check-types.ts";
import type { Expression, Path } from "./expression.ts";
import { knownPath } from "./known-paths.ts";
import { Mistake } from "./mistake.ts";
import { parseSyntax } from "./parse.ts";

/** Compiles an expression to plain JSON. Build only. @returns what is wrong with it, as a sentence, where something is */
export function compileExpression(text: string): Expression | { readonly error: string } {
  return attempt(() => checkTypes(parseSyntax(text)));
}

/** Compiles the name of a value, such as `identity.claims.org`. Build only. */
export function compilePath(text: string): { readonly path: Path } | { readonly error: string } {
  return attempt(() => {
    const syntax = parseSyntax(text);
    if (syntax.kind !== "path")
      throw new Mistake(0, "the name of a value belongs here", 'Such as "identity.id".');
    return { path: knownPath(syntax.names, syntax.at).path };
  });
}

function attempt<T>(compile: () => T): T | { readonly error: string } {
  try {
    return compile();
  } catch (error) {
    if (error instanceof Mistake) return { error: error.message };
    throw error;
  }
}
