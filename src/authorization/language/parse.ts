import { BOUNDS, COMPARISONS, type Comparison, type Scalar } from "./expression.ts";
import { Mistake } from "./mistake.ts";
import type { Syntax, Written } from "./syntax.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** Words that are no names of values. */
const WORDS = ["and", "or", "not", "true", "false", "cidr", ...COMPARISONS];

/**
 * Parses an expression:
 *
 *     any     = all { "or" all }          all  = no { "and" no }          no = [ "not" ] no | simple
 *     simple  = operand [ comparison operand ]        operand = "(" any ")" | value | list | path | cidr
 *     path    = name { "." name | "[" string "]" }    cidr    = "cidr" "(" string { "," string } ")"
 *
 * @throws Mistake
 */
export function parseSyntax(text: string): Syntax {
  if (text.length > BOUNDS.length) {
    throw new Mistake(BOUNDS.length, `an expression has at most ${BOUNDS.length} characters; too much`);
  }
  return new Parser(tokensOf(text)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #parts = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Syntax {
    const syntax = this.#joined("or");
    if (this.#token.kind !== "end") throw this.#unexpected('Join conditions with "and" or "or".');
    return syntax;
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  /** `or` binds less than `and`, so its parts are those. */
  #joined(kind: "and" | "or"): Syntax {
    const { at } = this.#token;
    const part = () => (kind === "or" ? this.#joined("and") : this.#negated());
    const parts = [part()];
    while (this.#takes(kind)) parts.push(part());
    return parts.length === 1 ? parts[0]! : this.#made({ kind, parts, at });
  }

  #negated(): Syntax {
    const { at } = this.#token;
    if (!this.#takes("not")) return this.#simple();
    return this.#deeper(at, () => this.#made({ kind: "not", part: this.#negated(), at }));
  }

  #simple(): Syntax {
    const left = this.#operand();
    const { text, at } = this.#token;
    const by = COMPARISONS.find((each) => this.#takes(each));
    if (by === undefined) return left;
    const right = this.#operand();
    if (COMPARISONS.includes(this.#token.text as Comparison) && this.#token.kind !== "string") {
      throw this.#unexpected('Two comparisons are joined with "and".');
    }
    return this.#made({ kind: "compare", by: text as Comparison, left, right, at });
  }

  #operand(): Syntax {
    const { kind, text, at } = this.#token;
    if (this.#takes("(")) {
      const inner = this.#deeper(at, () => this.#joined("or"));
      this.#expect(")");
      return inner;
    }
    if (this.#takes("[")) return this.#made({ kind: "list", values: this.#values(), at });
    if (kind === "name" && text === "cidr") return this.#cidr();
    if (kind === "name" && !WORDS.includes(text)) return this.#path();
    return this.#made({ kind: "value", value: this.#value(), at });
  }

  /** Until the bracket that ends the list. */
  #values(): Scalar[] {
    const values: Scalar[] = [];
    while (!this.#takes("]")) {
      if (values.length > 0) this.#expect(",");
      this.#count(this.#token.at);
      values.push(this.#value());
    }
    return values;
  }

  #value(): Scalar {
    const { kind, text } = this.#token;
    const isWord = kind === "name" && (text === "true" || text === "false");
    if (!isWord && kind !== "string" && kind !== "number") throw this.#unexpected();
    this.#next++;
    if (kind === "string") return text;
    return isWord ? text === "true" : Number(text);
  }

  #path(): Syntax {
    const { text, at } = this.#token;
    this.#next++;
    const names = [text];
    for (;;) {
      if (this.#takes(".")) names.push(this.#text("name"));
      else if (this.#takes("[")) {
        names.push(this.#text("string"));
        this.#expect("]");
      } else return this.#made({ kind: "path", names, at });
    }
  }

  #cidr(): Syntax {
    const { at } = this.#token;
    this.#next++;
    this.#expect("(");
    const networks: Written[] = [];
    do {
      const { at } = this.#token;
      this.#count(at);
      networks.push({ text: this.#text("string"), at });
    } while (this.#takes(","));
    this.#expect(")");
    return this.#made({ kind: "cidr", networks, at });
  }

  #text(wanted: "name" | "string"): string {
    const { kind, text } = this.#token;
    if (kind !== wanted) throw this.#unexpected(`A ${wanted} belongs here.`);
    this.#next++;
    return text;
  }

  /** @param text of a mark or word */
  #takes(text: string): boolean {
    const { kind, text: written } = this.#token;
    if (written !== text || (kind !== "mark" && kind !== "name")) return false;
    this.#next++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#takes(mark)) throw this.#unexpected(`"${mark}" belongs here.`);
  }

  #unexpected(hint?: string): Mistake {
    const { kind, text, at } = this.#token;
    return new Mistake(at, kind === "end" ? "the expression ends too early" : `unexpected "${text}"`, hint);
  }

  #deeper(at: number, parse: () => Syntax): Syntax {
    if (++this.#depth > BOUNDS.depth) throw new Mistake(at, `more than ${BOUNDS.depth} levels`);
    const syntax = parse();
    this.#depth--;
    return syntax;
  }

  #made(syntax: Syntax): Syntax {
    this.#count(syntax.at);
    return syntax;
  }

  #count(at: number): void {
    if (++this.#parts > BOUNDS.parts) throw new Mistake(at, `more than ${BOUNDS.parts} parts`);
  }
}
