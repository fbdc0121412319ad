/** What a description says apart from the default. */
export interface Described {
  readonly text: string;
  /** As Markdown; undefined where neither description nor schema names one. */
  readonly fallback: string | undefined;
}

const SENTENCE_END = /(?<=\.)\s+(?=[A-Z`"'])/;

/**
 * Takes the sentence about the default out of a description: `Default …` or `Default: …`.
 * @param schemaDefault what the schema fills in; it must be what the description says.
 * @throws Error where the two disagree
 */
export function defaultOf(doc: string, schemaDefault: unknown): Described {
  const paragraphs = doc.split("\n\n").map((paragraph) => paragraph.split(SENTENCE_END));
  const said = paragraphs.flat().find((sentence) => /^Default\b/.test(sentence));
  if (said === undefined)
    return { text: doc, fallback: isPlain(schemaDefault) ? code(schemaDefault) : undefined };
  for (const part of [schemaDefault].flat()) {
    if (isPlain(part) && !said.includes(String(part))) {
      throw new Error(`"${said}" is not what the schema says: ${JSON.stringify(schemaDefault)}`);
    }
  }
  const text = paragraphs
    .map((sentences) => sentences.filter((sentence) => sentence !== said).join(" "))
    .filter((paragraph) => paragraph !== "")
    .join("\n\n");
  const fallback = said.replace(/^Default:?\s*/, "").replace(/\.$/, "");
  const isValue = isPlain(schemaDefault) && fallback.replace(/^`?"?|"?`?$/g, "") === String(schemaDefault);
  return { text, fallback: isValue ? code(schemaDefault) : fallback };
}

function isPlain(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function code(value: string | number | boolean): string {
  return `\`${JSON.stringify(value)}\``;
}
