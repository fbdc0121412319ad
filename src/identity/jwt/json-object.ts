import { base64url } from "jose";
import { isBase64url } from "./base64url.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes a base64url part of a JWS into its JSON object.
 * @returns undefined where it is none, or names a member twice: parsers differ in which one they believe,
 *   and RFC 7515 §4 and RFC 7519 §4 let a verifier refuse.
 */
export function decodeJsonObject(part: string): Record<string, unknown> | undefined {
  if (!isBase64url(part)) return undefined;
  try {
    const text = utf8.decode(base64url.decode(part));
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return hasDuplicateMember(text) ? undefined : (value as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

/** Whether an object anywhere in the text, which must be valid JSON, names a member twice. */
function hasDuplicateMember(text: string): boolean {
  /** The names met so far, one set for each open object. */
  const open: Array<Set<string>> = [];
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (mark === "{") open.push(new Set());
    else if (mark === "}") open.pop();
    else if (mark === '"') {
      const end = stringEnd(text, at);
      // In valid JSON a string before a colon is a name, and nothing else is.
      if (isBeforeColon(text, end + 1)) {
        const name = nameOf(text.slice(at, end + 1));
        const names = open.at(-1);
        if (names?.has(name)) return true;
        names?.add(name);
      }
      at = end;
    }
  }
  return false;
}

/** @param start where the opening quote stands */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

function isBeforeColon(text: string, from: number): boolean {
  let at = from;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at++;
  return text[at] === ":";
}

/** Two spellings of one name are one name. */
function nameOf(quoted: string): string {
  return quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}
