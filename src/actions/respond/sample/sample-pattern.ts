/** What a sampled text must keep to beside its pattern. */
export interface Lengths {
  readonly min: number;
  readonly max: number;
}

/** Longer texts are nobody's example. */
const LONGEST = 10_000;
/** How many alternatives of a pattern are tried. */
const CHOICES = 4;

/**
 * A short text that a pattern (ECMA-262) finds a match in.
 * @param nth gives another one where there is more than one.
 * @returns undefined where none was found: lookarounds and back-references are not followed
 */
export function samplePattern(pattern: string, { min, max }: Lengths, nth: number): string | undefined {
  const regExp = compile(pattern);
  const node = regExp && new PatternParser(pattern, regExp.flags).parse();
  if (node === undefined) return undefined;
  for (let choice = 0; choice < CHOICES; choice++) {
    for (let extra = 0; extra <= min && extra <= LONGEST; extra++) {
      const short = new Emitter(choice, nth, extra).emit(node);
      if (short.length > max || min > LONGEST || short.length > LONGEST) break;
      // A pattern that is open at its end allows anything there.
      const text = short.padEnd(min, "a");
      if (regExp?.test(text)) return text;
    }
  }
  return undefined;
}

/** A pattern as JSON Schema means it: with Unicode where it allows that. */
export function compile(pattern: string): RegExp | undefined {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(pattern, flags);
    } catch {
      // Patterns of the web's older grammar, such as `\-`, are none with Unicode.
    }
  }
  return undefined;
}

type Node =
  | { readonly kind: "text"; readonly texts: readonly string[] }
  | { readonly kind: "sequence"; readonly nodes: readonly Node[] }
  | { readonly kind: "choice"; readonly nodes: readonly Node[] }
  | { readonly kind: "repeat"; readonly node: Node; readonly min: number; readonly max: number };

const NOTHING: Node = { kind: "sequence", nodes: [] };
/** In the order of preference. */
const CHARACTERS = [
  ..."abcdefghijklmnopqrstuvwxyz1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  ..." -_.,:;!?'\"@#$%&*+/\\=<>()[]{}^`|~\t\n",
];
/** One that stands for characters: a class, an escape, a dot. */
const SET =
  /\[(?:[^\]\\]|\\.)*\]|\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|\D)|\./suy;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y;
const GROUP = /\((?:\?(?::|<(?![=!])[^>]*>))?/y;
const LOOKAROUND = /\(\?<?[=!]/y;
const ZERO_WIDTH = /[$^]|\\[bB]/y;

/** Reads a pattern that is known to be one. */
class PatternParser {
  readonly #pattern: string;
  readonly #flags: string;
  #at = 0;

  constructor(pattern: string, flags: string) {
    this.#pattern = pattern;
    this.#flags = flags;
  }

  /** @returns undefined for what cannot be followed */
  parse(): Node | undefined {
    const node = this.#choice();
    return this.#at === this.#pattern.length ? node : undefined;
  }

  #choice(): Node {
    const nodes = [this.#sequence()];
    while (this.#pattern[this.#at] === "|") {
      this.#at++;
      nodes.push(this.#sequence());
    }
    return nodes.length === 1 ? nodes[0]! : { kind: "choice", nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#pattern.length && !"|)".includes(this.#pattern[this.#at]!)) {
      const atom = this.#atom();
      // Where it stops short, parse() sees it.
      if (atom === undefined) break;
      nodes.push(this.#quantified(atom));
    }
    return { kind: "sequence", nodes };
  }

  #atom(): Node | undefined {
    if (this.#take(ZERO_WIDTH)) return NOTHING;
    const looksAround = this.#take(LOOKAROUND);
    if (looksAround || this.#take(GROUP)) {
      const inner = this.#choice();
      this.#at++;
      return looksAround ? NOTHING : inner;
    }
    const set = this.#take(SET)?.[0];
    if (set !== undefined) {
      const regExp = new RegExp(`^(?:${set})$`, this.#flags);
      const texts = CHARACTERS.filter((character) => regExp.test(character));
      return texts.length === 0 ? undefined : { kind: "text", texts };
    }
    const character = this.#pattern[this.#at]!;
    // What is left of the backslashes is a back-reference.
    if (character === "\\") return undefined;
    this.#at++;
    return { kind: "text", texts: [character] };
  }

  #quantified(node: Node): Node {
    const match = this.#take(QUANTIFIER);
    if (match === undefined) return node;
    const [, sign, least, comma, most] = match;
    const min = sign === undefined ? Number(least) : Number(sign === "+");
    const max = sign === "?" ? 1 : comma === "" ? min : most ? Number(most) : Infinity;
    return { kind: "repeat", node, min, max };
  }

  #take(what: RegExp): RegExpExecArray | undefined {
    what.lastIndex = this.#at;
    const match = what.exec(this.#pattern);
    if (match === null) return undefined;
    this.#at = what.lastIndex;
    return match;
  }
}

/** Writes a text of a pattern: the shortest, with so many repetitions more. */
class Emitter {
  readonly #choice: number;
  readonly #nth: number;
  #extra: number;
  #left = LONGEST + 1;

  constructor(choice: number, nth: number, extra: number) {
    this.#choice = choice;
    this.#nth = nth;
    this.#extra = extra;
  }

  emit(node: Node): string {
    if (node.kind === "sequence") return node.nodes.map((each) => this.emit(each)).join("");
    if (node.kind === "choice") return this.emit(node.nodes[this.#choice % node.nodes.length]!);
    if (node.kind === "repeat") {
      const more = Math.min(this.#extra, node.max - node.min);
      this.#extra -= more;
      let text = "";
      for (let times = 0; times < node.min + more && this.#left > 0; times++) text += this.emit(node.node);
      return text;
    }
    this.#left--;
    return node.texts[this.#nth % node.texts.length]!;
  }
}
