const LENGTH_LIMIT = 200;
const COUNT_LIMIT = 1000;
/** One atom (escape, class, dot or plain character) with its quantifier; nothing else is a pattern. */
const ATOM =
  /(\\[dDwW]|\\[.+*?()[\]{}|^$]|\[\^?(?:\\[dDwW]|\\[\\\].^-]|[^\\[\]])+\]|\.|[A-Za-z0-9_~!@&=:,'%<> -])([?*+]|\{\d+(?:,\d*)?\})?/uy;
/** Every ASCII character. Patterns hold ASCII only, so an atom that matches others matches control characters too. */
const ALPHABET = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/** The characters one atom matches, and how often it may. */
interface Atom {
  readonly characters: readonly string[];
  readonly optional: boolean;
  /** Whether how often it matches is left open. */
  readonly variable: boolean;
  /** Whether it would match more if case counted. */
  readonly narrowed: boolean;
}

/**
 * Checks a parameter's `{pattern}`: character classes, literals, quantifiers on single ones, and `|` between
 * whole alternatives. What may follow a repeated or optional atom must not begin with a character that the
 * atom matches itself; then a backtracking engine never has two ways to read a segment, and matching takes
 * time linear in its length whatever the client sends.
 * @param flags `iu` where the pattern is to match in any case. A class must then not leave out a letter in one case
 *   only: what it matches would be less, not more.
 * @returns why the pattern is refused, as the end of a sentence; undefined when it is good.
 */
export function checkParamPattern(pattern: string, flags: "u" | "iu" = "u"): string | undefined {
  if (pattern === "") return "is empty";
  if (pattern.length > LENGTH_LIMIT) return `is longer than ${LENGTH_LIMIT} characters`;
  if (/[^\x20-\x7e]/.test(pattern)) return "holds a character that is not printable ASCII";
  for (const alternative of splitAlternatives(pattern)) {
    const atoms = readAtoms(alternative, flags);
    if (typeof atoms === "string") return atoms;
    if (atoms.some((atom) => atom.narrowed)) return "leaves out a letter in one case only";
    if (atoms.every((atom) => atom.optional)) return "matches nothing at all, which a segment never is";
    const ambiguous = atoms.some((atom, index) => atom.variable && overlapsFollowing(atom, atoms, index + 1));
    if (ambiguous) return "repeats something that what follows it may begin with, so matching could be slow";
  }
  return undefined;
}

/** The texts a pattern matches where it is nothing but a list of them, as in `cats|dogs`. */
export function literalsOf(pattern: string): readonly string[] | undefined {
  return /^[\w~-]+(?:\|[\w~-]+)*$/.test(pattern) ? pattern.split("|") : undefined;
}

/** The regular expression of a checked pattern. It matches whole segments. */
export function compileParamPattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, "u");
}

/** A checked pattern that takes any case. It has to be checked so: see {@link checkParamPattern}. */
export function inAnyCase(pattern: string): string {
  return `(?i:${pattern})`;
}

/** Splits at each `|` that is neither escaped nor in a class. */
function splitAlternatives(pattern: string): string[] {
  const alternatives = [""];
  for (const [part] of pattern.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|./gs)) {
    if (part === "|") alternatives.push("");
    else alternatives[alternatives.length - 1] += part;
  }
  return alternatives;
}

function readAtoms(alternative: string, flags: string): Atom[] | string {
  const atoms: Atom[] = [];
  for (let at = 0; at < alternative.length; at = ATOM.lastIndex) {
    ATOM.lastIndex = at;
    const [, source, quantifier] = ATOM.exec(alternative) ?? [];
    if (source === undefined) {
      return `has "${alternative.slice(at)}", which is not a literal, a class like [a-z] or \\d, or a quantifier on one`;
    }
    const [least, most] = readQuantifier(quantifier);
    if (least > most || most === 0 || (most > COUNT_LIMIT && most !== Number.POSITIVE_INFINITY)) {
      return `has the count ${quantifier}, which is empty or above ${COUNT_LIMIT}`;
    }
    let characters: string[];
    let narrowed: boolean;
    try {
      characters = matchedBy(source, flags);
      narrowed = flags !== "u" && matchedBy(source, "u").some((each) => !characters.includes(each));
    } catch {
      return `has "${source}", which is no regular expression`;
    }
    atoms.push({
      characters,
      optional: least === 0,
      variable: least !== most,
      narrowed,
    });
  }
  return atoms;
}

/** The characters that an atom matches. @throws where it is no regular expression */
function matchedBy(source: string, flags: string): string[] {
  const single = new RegExp(`^${source}$`, flags);
  return ALPHABET.filter((character) => single.test(character));
}

function readQuantifier(quantifier: string | undefined): [least: number, most: number] {
  if (quantifier === undefined) return [1, 1];
  if (quantifier === "?") return [0, 1];
  if (quantifier === "*") return [0, Number.POSITIVE_INFINITY];
  if (quantifier === "+") return [1, Number.POSITIVE_INFINITY];
  const [least = "", most] = quantifier.slice(1, -1).split(",");
  if (most === undefined) return [Number(least), Number(least)];
  return [Number(least), most === "" ? Number.POSITIVE_INFINITY : Number(most)];
}

/** Whether what may come right after the atom shares a character with it. */
function overlapsFollowing(atom: Atom, atoms: readonly Atom[], from: number): boolean {
  for (const next of atoms.slice(from)) {
    if (next.characters.some((character) => atom.characters.includes(character))) return true;
    if (!next.optional) return false;
  }
  return false;
}
