import { Mistake } from "./mistake.ts";

/** The smallest part of an expression, and where it begins. */
export interface Token {
  readonly kind: "string" | "number" | "name" | "mark" | "end";
  /** Of a string what it says, without quotes; else as written. */
  readonly text: string;
  readonly at: number;
}

/** White space, a number, a name, a mark of its own; strings are read by hand. */
const PART =
  /(?<space>\s+)|(?<number>-?\d+(?:\.\d+)?(?![\w$.]))|(?<name>[A-Za-z_$][\w$-]*)|(?<mark>[=!<>]=|[<>()[\],.])/y;

/** How other languages write it. */
const FOREIGN: Readonly<Record<string, string>> = { "&": '"and"', "|": '"or"', "!": '"not"', "=": '"=="' };

/** Takes an expression apart. @throws Mistake */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const char = text[at]!;
    if (char === '"' || char === "'") {
      const { value, end } = stringAt(text, at);
      tokens.push({ kind: "string", text: value, at });
      at = end;
      continue;
    }
    PART.lastIndex = at;
    const found = PART.exec(text);
    if (found === null) {
      const meant = FOREIGN[char];
      throw new Mistake(at, `unexpected "${char}"`, meant && `Write ${meant}.`);
    }
    const { number, name, mark } = found.groups ?? {};
    if (number !== undefined) tokens.push({ kind: "number", text: number, at });
    else if (name !== undefined) tokens.push({ kind: "name", text: name, at });
    else if (mark !== undefined) tokens.push({ kind: "mark", text: mark, at });
    at = PART.lastIndex;
  }
  tokens.push({ kind: "end", text: "the end", at: text.length });
  return tokens;
}

/** A string in either quotes; a backslash makes the quote, or the backslash, after it a character. */
function stringAt(text: string, start: number): { value: string; end: number } {
  const quote = text[start];
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === quote) return { value, end: at + 1 };
    if (char !== "\\") {
      value += char;
      continue;
    }
    const escaped = text[++at];
    if (escaped !== quote && escaped !== "\\") {
      throw new Mistake(at - 1, "a backslash stands before a quote or a backslash, and nothing else");
    }
    value += escaped;
  }
  throw new Mistake(start, "a string without its end");
}
