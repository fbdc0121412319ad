import * as z from "zod";
import { parseTemplate } from "../references/parse.ts";
import type { Template } from "../references/template.ts";

/** Schema of a string with `{references}`, compiled at build. Unknown roots are found by the cross-checks. */
export function template(): z.ZodType<Template, string> {
  const schema = z.string().transform((text, ctx) => {
    const parsed = parseTemplate(text);
    if ("error" in parsed) {
      ctx.addIssue({ code: "custom", message: parsed.error });
      return z.NEVER;
    }
    return parsed;
  });
  // For the reference: what a transform looks at does not show in its schema.
  return schema.meta({ unit: "template" });
}
