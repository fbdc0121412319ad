import * as z from "zod";
import { compileExpression } from "./language/compile.ts";
import type { Expression } from "./language/expression.ts";

/** Schema of an expression: its text becomes what is evaluated. Build only. */
export function expressionSchema(): z.ZodType<Expression, string> {
  return z
    .string()
    .transform((text, ctx) => {
      const compiled = compileExpression(text);
      if (!("error" in compiled)) return compiled;
      ctx.addIssue({ code: "custom", message: compiled.error });
      return z.NEVER;
    })
    .meta({ unit: "expression" });
}
