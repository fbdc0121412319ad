import * as z from "zod";
import type { EnvReference } from "../../env.ts";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import { foldName } from "../../http/fold-name.ts";
import type { Resolved } from "../../policies/policy.ts";
import { settableHeaderName } from "../../schema/header.ts";
import { secretSchema } from "../../schema/secret.ts";
import { size } from "../../schema/size.ts";
import type { Outbound, Presenter, PresenterTools, Put } from "../presenter.ts";
import { bytesOf, hex } from "../sendable-body.ts";

/** A signature with a shared secret (RFC 2104), in header fields of the origin's own choosing. */
export interface HmacOptions {
  /** The secret. Its UTF-8 bytes are the key: at least 16. */
  readonly secret: EnvReference;
  /**
   * What is signed, put together of `{method}`, `{path}`, `{query}` (with its `?`), `{host}`, `{timestamp}` (seconds
   * since 1970), `{nonce}` (a new UUID), `{digest}` (the body's SHA-256, written as `encoding` says) and `{body}`.
   */
  readonly message: string;
  /** Name of a field → its value, put together of `{signature}`, `{timestamp}`, `{nonce}` and `{digest}`. */
  readonly fields: Readonly<Record<string, string>>;
  /** The hash. Default `"sha256"`. */
  readonly algorithm?: "sha256" | "sha384" | "sha512";
  /** How signature and digest are written. Default `"hex"`. */
  readonly encoding?: "hex" | "base64";
  /** The most that is read of a body that is signed; more is 413. Default `"1MB"`. */
  readonly maxBody?: string;
}

interface Compiled {
  readonly secret: EnvReference;
  /** Texts and names of parts in turn: the odd ones are names. */
  readonly message: readonly string[];
  readonly fields: ReadonlyArray<{ readonly name: string; readonly value: readonly string[] }>;
  readonly hash: string;
  readonly encoding: "hex" | "base64";
  /** Bytes. */
  readonly maxBody: number;
}

const IN_MESSAGE = ["method", "path", "query", "host", "timestamp", "nonce", "digest", "body"];
const IN_FIELD = ["signature", "timestamp", "nonce", "digest"];
const SHORTEST_SECRET = 16;

/** Schema of {@link HmacOptions}. Build only. */
export function options(): z.ZodType<Compiled, HmacOptions> {
  return z
    .strictObject({
      secret: secretSchema(),
      message: parts(IN_MESSAGE, /^[\s\S]+$/),
      fields: z.record(settableHeaderName(), parts(IN_FIELD, /^[\x20-\x7e]+$/)),
      algorithm: z.enum(["sha256", "sha384", "sha512"]).default("sha256"),
      encoding: z.enum(["hex", "base64"]).default("hex"),
      maxBody: size({ max: "32MB" }).prefault("1MB"),
    })
    .transform(({ algorithm, fields, ...rest }, ctx) => {
      if (!Object.values(fields).some((value) => namesIn(value).includes("signature"))) {
        ctx.addIssue({ code: "custom", path: ["fields"], message: "have no {signature} in any of them" });
      }
      return {
        ...rest,
        hash: `SHA-${algorithm.slice(3)}`,
        fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
      };
    }) as z.ZodType<Compiled, HmacOptions>;
}

function parts(known: readonly string[], form: RegExp): z.ZodType<readonly string[], string> {
  return z
    .string()
    .regex(form, "is empty, or holds a character that a header cannot")
    .transform((text, ctx) => {
      const split = text.split(/\{([^{}]*)\}/);
      for (const name of namesIn(split)) {
        if (known.includes(name)) continue;
        const message = `{${name}} is not known here: ${known.map((each) => `{${each}}`).join(", ")}`;
        ctx.addIssue({ code: "custom", message });
      }
      return split;
    });
}

function namesIn(parts: readonly string[]): readonly string[] {
  return parts.filter((_, index) => index % 2 === 1);
}

export function create(options: Resolved<Compiled>, { deps }: PresenterTools): Presenter {
  const { message, fields, encoding, maxBody } = options;
  const key = keyOf(options);
  const names = [message, ...fields.map(({ value }) => value)].flatMap(namesIn);
  const write = encoding === "hex" ? hex : base64;
  const usesDigest = names.includes("digest");
  const usesBody = usesDigest || names.includes("body");
  const put: Put = async (outbound) => {
    const body = usesBody ? await bytesOf(outbound, maxBody) : undefined;
    const known: Record<string, string> = {
      ...factsOf(outbound),
      timestamp: String(Math.floor(deps.now() / 1_000)),
      nonce: crypto.randomUUID(),
      ...(usesDigest && { digest: write(await crypto.subtle.digest("SHA-256", body ?? new Uint8Array())) }),
    };
    const signature = await crypto.subtle.sign("HMAC", await key, messageBytes(message, known, body));
    known.signature = write(signature);
    for (const { name, value } of fields) outbound.headers.set(name, fill(value, known));
  };
  return {
    fields: fields.map(({ name }) => foldName(name.toLowerCase())),
    answersFor401: false,
    ready: () => put,
  };
}

/** The secret comes with the deployment, so a weak one is found only here: nothing is sent with it. */
function keyOf({ secret, hash }: Resolved<Compiled>): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < SHORTEST_SECRET)
    throw new RefusalError(
      refuse("configuration-missing", { cause: `hmac: the secret is shorter than ${SHORTEST_SECRET} bytes` }),
    );
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash }, false, ["sign"]);
}

/** What leaves, as it is on the wire. */
function factsOf({ method, url }: Outbound): Record<string, string> {
  const { host, pathname, search } = new URL(url);
  return { method, host, path: pathname, query: search };
}

function messageBytes(
  message: readonly string[],
  known: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
): Uint8Array {
  const encoder = new TextEncoder();
  const pieces = message.map((part, index) =>
    index % 2 === 1 && part === "body"
      ? (body ?? new Uint8Array())
      : encoder.encode(index % 2 === 1 ? known[part] : part),
  );
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function fill(parts: readonly string[], known: Readonly<Record<string, string>>): string {
  return parts.map((part, index) => (index % 2 === 1 ? known[part] : part)).join("");
}

function base64(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}
