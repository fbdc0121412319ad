import { fromBase64, fromHex } from "./encodings.ts";
import type { MacHash } from "./mac.ts";
import { readSeconds } from "./time.ts";

/** What a webhook's header fields say of its signature. */
export interface Delivery {
  /** When it was signed, in ms since the epoch; undefined where the shape does not tell. */
  readonly time: number | undefined;
  /** What is signed before the body, and after it. */
  readonly before: string;
  readonly after: string;
  /** Of which one must hold. */
  readonly signatures: readonly Uint8Array[];
}

/** How a provider signs its webhooks. */
export interface Shape {
  /** The provider's name. */
  readonly name: string;
  readonly hash: MacHash;
  /** Whether it says when it was signed. */
  readonly timed: boolean;
  /** Reads the fields. @returns undefined where there is no signature; a fault where it cannot be read in one way */
  read(headers: Headers): Delivery | { readonly fault: string } | undefined;
  /** The bytes of a secret as it is handed out; undefined where it is none. */
  keyOf(secret: string): Uint8Array | undefined;
}

/** A shape of the manifest's own, compiled. */
export interface DeclaredShape {
  readonly name: string;
  readonly hash: MacHash;
  readonly signature: {
    readonly header: string;
    readonly prefix: string;
    readonly encoding: "hex" | "base64";
  };
  /** Names of header fields. */
  readonly timestamp?: string | undefined;
  readonly id?: string | undefined;
  /** Texts and the names of what stands between them, in turn. */
  readonly message: readonly string[];
}

/** The shapes that have a name. */
export type ProviderName = "stripe" | "github" | "slack" | "standard";

/** More are not tried: providers send two while a secret is replaced. */
const MAX_SIGNATURES = 8;
const UNREADABLE = { fault: "its signature is malformed" };
const UNTIMELY = { fault: "its timestamp is missing or malformed" };

const utf8 = (secret: string) => new TextEncoder().encode(secret);

/** `Stripe-Signature: t=1492774577,v1=HEX,v1=HEX`, over `t.body`. */
const stripe: Shape = {
  name: "stripe",
  hash: "sha256",
  timed: true,
  keyOf: utf8,
  read(headers) {
    const field = headers.get("stripe-signature");
    if (field === null) return undefined;
    const pairs = field.split(",").map((pair) => pair.trim());
    const valuesOf = (name: string) =>
      pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
    const [timestamp = "", second] = valuesOf("t");
    const time = second === undefined ? readSeconds(timestamp) : undefined;
    const signatures = decoded(valuesOf("v1"), fromHex);
    if (time === undefined) return UNTIMELY;
    return signatures === undefined ? UNREADABLE : { time, before: `${timestamp}.`, after: "", signatures };
  },
};

/** `X-Hub-Signature-256: sha256=HEX`, over the body. */
const github = declaredShape({
  name: "github",
  hash: "sha256",
  signature: { header: "x-hub-signature-256", prefix: "sha256=", encoding: "hex" },
  message: ["", "body", ""],
});

/** `X-Slack-Signature: v0=HEX`, over `v0:timestamp:body`. */
const slack = declaredShape({
  name: "slack",
  hash: "sha256",
  signature: { header: "x-slack-signature", prefix: "v0=", encoding: "hex" },
  timestamp: "x-slack-request-timestamp",
  message: ["v0:", "timestamp", ":", "body", ""],
});

/** Standard Webhooks: `webhook-signature: v1,BASE64 v1,BASE64`, over `id.timestamp.body`; secrets are `whsec_BASE64`. */
const standard: Shape = {
  name: "standard",
  hash: "sha256",
  timed: true,
  keyOf(secret) {
    const bytes = fromBase64(secret.replace(/^whsec_/, ""));
    return bytes !== undefined && bytes.length <= 64 ? bytes : undefined;
  },
  read(headers) {
    const field = headers.get("webhook-signature");
    if (field === null) return undefined;
    const [id, timestamp] = [headers.get("webhook-id") ?? "", headers.get("webhook-timestamp") ?? ""];
    // With a dot in it, what is the id of one message could be the timestamp of another.
    if (!/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id)) return { fault: "its id is missing or malformed" };
    const time = readSeconds(timestamp);
    if (time === undefined) return UNTIMELY;
    const versions = field.split(" ").filter((each) => each.startsWith("v1,"));
    const signatures = decoded(
      versions.map((each) => each.slice(3)),
      fromBase64,
    );
    const before = `${id}.${timestamp}.`;
    return signatures === undefined ? UNREADABLE : { time, before, after: "", signatures };
  },
};

/** Shapes by their names. */
export const SHAPES: Readonly<Record<ProviderName, Shape>> = { stripe, github, slack, standard };

/** Makes the shape that a declaration speaks of. */
export function declaredShape({ name, hash, signature, timestamp, id, message }: DeclaredShape): Shape {
  const { header, prefix, encoding } = signature;
  const decode = encoding === "hex" ? fromHex : fromBase64;
  const body = message.indexOf("body");
  return {
    name,
    hash,
    timed: timestamp !== undefined,
    keyOf: utf8,
    read(headers) {
      const field = headers.get(header);
      if (field === null) return undefined;
      const signatures = field.startsWith(prefix) ? decoded([field.slice(prefix.length)], decode) : undefined;
      if (signatures === undefined) return UNREADABLE;
      const parts = { timestamp: "", id: "" };
      let time: number | undefined;
      if (timestamp !== undefined) {
        parts.timestamp = headers.get(timestamp) ?? "";
        time = readSeconds(parts.timestamp);
        if (time === undefined) return UNTIMELY;
      }
      if (id !== undefined) {
        parts.id = headers.get(id) ?? "";
        if (parts.id === "") return { fault: "its id is missing" };
      }
      const text = (from: number, to: number) =>
        message
          .slice(from, to)
          .map((part, index) => ((from + index) % 2 === 0 ? part : parts[part as keyof typeof parts]))
          .join("");
      return { time, before: text(0, body), after: text(body + 1, message.length), signatures };
    },
  };
}

/** Undefined where there are none, too many, or one is no signature. */
function decoded(
  texts: readonly string[],
  decode: (text: string) => Uint8Array | undefined,
): readonly Uint8Array[] | undefined {
  const signatures = texts.map(decode);
  if (texts.length === 0 || texts.length > MAX_SIGNATURES) return undefined;
  return signatures.every((each) => each !== undefined && each.length > 0)
    ? (signatures as Uint8Array[])
    : undefined;
}
