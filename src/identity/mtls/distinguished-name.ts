/** Attribute type, in upper case, → its values in the order of the name. */
export type Attributes = Readonly<Record<string, readonly string[]>>;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a distinguished name as RFC 2253 §3 and RFC 4514 §3 write it. Values that are not text (`#04…`) are left out:
 * nothing can be asked of them.
 * @returns undefined where it is not one
 */
export function parseDistinguishedName(text: string): Attributes | undefined {
  const attributes: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  let at = 0;
  while (at < text.length) {
    const type = /^\s*([A-Za-z][\w-]*|\d+(?:\.\d+)*)\s*=\s*/.exec(text.slice(at));
    if (type === null) return undefined;
    at += type[0].length;
    const end = valueEnd(text, at);
    const raw = text.slice(at, end).trimStart();
    const name = type[1]!.toUpperCase();
    if (!raw.startsWith("#")) {
      const value = plainValue(raw);
      if (value === undefined) return undefined;
      attributes[name] ??= [];
      attributes[name].push(value);
    }
    at = end + 1;
    // What ends with a separator lacks what it separates.
    if (at === text.length) return undefined;
  }
  return attributes;
}

/** Where the value that begins at `start` ends: at a separator that is neither escaped nor quoted. */
function valueEnd(text: string, start: number): number {
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const mark = text[at]!;
    if (mark === "\\") at++;
    else if (mark === '"') quoted = !quoted;
    else if (!quoted && (mark === "," || mark === "+" || mark === ";")) return at;
  }
  return text.length;
}

/** The text of a value: escaped characters and octets of UTF-8 as they are, spaces around it gone. */
function plainValue(raw: string): string | undefined {
  const bare = /^"(.*)"\s*$/s.exec(raw)?.[1] ?? raw.replace(/(?<!\\)\s+$/, "");
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < bare.length; ) {
    const octet = /^\\([0-9A-Fa-f]{2})/.exec(bare.slice(at))?.[1];
    if (octet !== undefined) {
      bytes.push(Number.parseInt(octet, 16));
      at += 3;
      continue;
    }
    if (bare[at] === "\\") at++;
    const character = bare.codePointAt(at);
    if (character === undefined) return undefined;
    const one = String.fromCodePoint(character);
    bytes.push(...encoder.encode(one));
    at += one.length;
  }
  try {
    return utf8.decode(new Uint8Array(bytes));
  } catch {
    return undefined;
  }
}
