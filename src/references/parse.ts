import type { Reference, Template } from "./template.ts";

const NAME = /^[A-Za-z0-9_$*-]+$/;
/** A brace that is doubled, a reference, a stray brace, or the text up to the next one. */
const PART = /\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g;

/** Parses `text {root.path} text`; `{{` and `}}` stand for braces. Errors name the position, counted from 1. */
export function parseTemplate(text: string): Template | { error: string } {
  const parts: Array<string | Reference> = [];
  let literal = "";
  for (const { 0: part, index } of text.matchAll(PART)) {
    const at = `at character ${index + 1}`;
    if (part === "{" || part === "}")
      return { error: `unbalanced "${part}" ${at}; write "${part}${part}" for a brace` };
    if (part === "{{" || part === "}}") literal += part[0];
    else if (!part.startsWith("{")) literal += part;
    else {
      const [root = "", ...path] = part.slice(1, -1).split(".");
      const wrong = [root, ...path].find((name) => !NAME.test(name));
      if (wrong !== undefined) {
        return {
          error: wrong === "" ? `empty name in "${part}" ${at}` : `"${wrong}" in "${part}" ${at} is no name`,
        };
      }
      if (literal !== "") parts.push(literal);
      literal = "";
      parts.push([root, ...path]);
    }
  }
  if (literal !== "") parts.push(literal);
  return { template: parts };
}

/** The references of a template, in order. */
export function referencesOf({ template }: Template): readonly Reference[] {
  return template.filter((part) => typeof part !== "string");
}
