/** 2.5.29.17, as DER writes it. */
const SUBJECT_ALT_NAME = "551d11";
/** The forms of RFC 5280 §4.2.1.6 that name callers, by their tags. */
const FORMS: Readonly<Record<number, string>> = { 129: "email", 130: "dns", 134: "uri" };
const SEQUENCE = 0x30;
const EXTENSIONS = 0xa3;
const OBJECT_IDENTIFIER = 0x06;
const OCTET_STRING = 0x04;

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

/**
 * The subject alternative names of a certificate, each with its form before it: `dns:api.example`, in lower case,
 * `uri:spiffe://shop/orders`, `email:ada@shop.example`. Other forms are left out.
 * @param der the certificate, which the platform has verified
 * @returns undefined where it cannot be read
 */
export function alternativeNames(der: Uint8Array): readonly string[] | undefined {
  try {
    const certificate = only(der, SEQUENCE);
    const toBeSigned = elements(certificate)[0];
    if (toBeSigned?.tag !== SEQUENCE) return undefined;
    const extensions = elements(toBeSigned.content).find(({ tag }) => tag === EXTENSIONS);
    if (extensions === undefined) return [];
    return elements(only(extensions.content, SEQUENCE)).flatMap(({ content }) => namesOf(elements(content)));
  } catch {
    return undefined;
  }
}

/** @param extension OID, perhaps whether it is critical, and the value (RFC 5280 §4.1) */
function namesOf(extension: readonly Element[]): string[] {
  const [id] = extension;
  const value = extension.at(-1);
  if (id?.tag !== OBJECT_IDENTIFIER || hex(id.content) !== SUBJECT_ALT_NAME) return [];
  if (value?.tag !== OCTET_STRING) throw new Error("an extension without a value");
  return elements(only(value.content, SEQUENCE)).flatMap(({ tag, content }) => {
    const form = FORMS[tag];
    if (form === undefined) return [];
    // IA5: a name with anything else is none, and its look-alike must not be it.
    if (content.some((byte) => byte < 0x20 || byte > 0x7e)) throw new Error("a name that is not ASCII");
    const text = String.fromCharCode(...content);
    return [`${form}:${form === "dns" ? text.toLowerCase() : text}`];
  });
}

/** The content of the one element that the bytes are. @throws where they are not */
function only(bytes: Uint8Array, tag: number): Uint8Array {
  const [first, ...more] = elements(bytes);
  if (first?.tag !== tag || more.length > 0) throw new Error("not the element expected");
  return first.content;
}

/** The elements that bytes are made of (X.690 §8.1): definite lengths and short tags, as DER has them. */
function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at]!;
    const first = bytes[at + 1] ?? 0x80;
    const octets = first < 0x80 ? 0 : first & 0x7f;
    if (first === 0x80 || octets > 3) throw new Error("not a length of DER");
    let length = first;
    if (octets > 0) {
      length = 0;
      for (let octet = 0; octet < octets; octet++) length = length * 256 + (bytes[at + 2 + octet] ?? 0);
    }
    const start = at + 2 + octets;
    if (start + length > bytes.length) throw new Error("an element longer than what holds it");
    found.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
