import { type BareItem, type InnerList, type ParsedItem, token } from "./structured-fields.ts";

/** A member of a dictionary: an item, or a list of items. */
export type Member = ParsedItem | InnerList;

const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const TOKEN = /[A-Za-z*][\w!#$%&'*+.^`|~:/-]*/y;
const NUMBER = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const STRING = /"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y;
const BYTES = /:([A-Za-z0-9+/]*={0,2}):/y;
const BOOLEAN = /\?([01])/y;
const SPACES = / */y;
const BLANKS = /[ \t]*/y;

/**
 * Parses a dictionary (RFC 8941 §4.2.2). Stricter than it must be where readers may differ in what they believe: a
 * key that comes twice, in it or in parameters, makes it none. Dates and display strings (RFC 9651) are not known.
 * @param text a field's lines, joined by commas
 * @returns undefined where it is none
 */
export function parseDictionary(text: string): ReadonlyMap<string, Member> | undefined {
  try {
    return new Parser(text.replace(/^ +| +$/g, "")).dictionary();
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** Ends parsing, wherever it is. */
class Malformed extends Error {}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  dictionary(): ReadonlyMap<string, Member> {
    const members = new Map<string, Member>();
    while (this.#at < this.#text.length) {
      const key = this.#take(KEY)[0];
      if (members.has(key)) throw new Malformed();
      members.set(key, this.#skip("=") ? this.#member() : { value: true, parameters: this.#parameters() });
      this.#take(BLANKS);
      if (this.#at === this.#text.length) break;
      if (!this.#skip(",")) throw new Malformed();
      this.#take(BLANKS);
      // A comma at the end.
      if (this.#at === this.#text.length) throw new Malformed();
    }
    return members;
  }

  #member(): Member {
    return this.#text[this.#at] === "(" ? this.#innerList() : this.#item();
  }

  #innerList(): InnerList {
    this.#at++;
    const items: ParsedItem[] = [];
    for (;;) {
      this.#take(SPACES);
      if (this.#skip(")")) return { items, parameters: this.#parameters() };
      items.push(this.#item());
      if (this.#text[this.#at] !== " " && this.#text[this.#at] !== ")") throw new Malformed();
    }
  }

  #item(): ParsedItem {
    return { value: this.#bareItem(), parameters: this.#parameters() };
  }

  #parameters(): ReadonlyMap<string, BareItem> {
    const parameters = new Map<string, BareItem>();
    while (this.#skip(";")) {
      this.#take(SPACES);
      const key = this.#take(KEY)[0];
      if (parameters.has(key)) throw new Malformed();
      parameters.set(key, this.#skip("=") ? this.#bareItem() : true);
    }
    return parameters;
  }

  #bareItem(): BareItem {
    switch (this.#text[this.#at]) {
      case '"':
        return this.#take(STRING)[1]!.replace(/\\(.)/g, "$1");
      case ":":
        return bytes(this.#take(BYTES)[1]!);
      case "?":
        return this.#take(BOOLEAN)[1] === "1";
    }
    return /[-\d]/.test(this.#text[this.#at] ?? "")
      ? Number(this.#take(NUMBER)[0])
      : token(this.#take(TOKEN)[0]);
  }

  #take(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw new Malformed();
    this.#at += match[0].length;
    return match;
  }

  #skip(mark: string): boolean {
    const found = this.#text[this.#at] === mark;
    if (found) this.#at++;
    return found;
  }
}

function bytes(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    throw new Malformed();
  }
}
