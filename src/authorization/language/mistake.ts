/** What is wrong with an expression, in a sentence that says where. Thrown within the build's parser alone. */
export class Mistake extends Error {
  /** @param at counted from 0. @param hint what to write instead, as a sentence */
  constructor(at: number, what: string, hint?: string) {
    super(`${what} at character ${at + 1}${hint === undefined ? "" : `. ${hint}`}`);
    this.name = "Mistake";
  }
}
