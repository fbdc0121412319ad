import { RefusalError, refuse } from "../errors/refusal.ts";

/** RFC 9110 §5.5, ASCII only. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Whether a text can stand in a header field as it is. */
export function fitsHeader(text: string): boolean {
  return VALUE.test(text);
}

/**
 * A secret that goes into a header field. Judged before it is used, because the platform's complaint would have it in
 * its message. @param name of what it is a part of @throws RefusalError
 */
export function headerText(text: string, name: string): string {
  if (fitsHeader(text)) return text;
  const cause = `${name}: the secret is empty, or holds what a header cannot, such as a line's end`;
  throw new RefusalError(refuse("configuration-missing", { cause }));
}
