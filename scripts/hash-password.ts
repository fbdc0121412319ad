// npm run -s hash-password [-- --generate] [--iterations N] [--sha512]: the hash of a password, for the secret of a
// user of the basic credential. The password is read from the standard input, so that it is in no shell's history:
//   printf %s "$PASSWORD" | npm run -s hash-password
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { hashPassword } from "../src/identity/passwords/derive.ts";
import {
  formatPasswordHash,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
} from "../src/identity/passwords/password-hash.ts";

const { values } = parseArgs({
  options: {
    /** Makes a password of 144 random bits, and writes it to the standard error. */
    generate: { type: "boolean", default: false },
    iterations: { type: "string", default: String(MAX_ITERATIONS) },
    sha512: { type: "boolean", default: false },
  },
});

const iterations = Number(values.iterations);
if (!Number.isInteger(iterations) || iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS)
  fail(
    `--iterations must be ${MIN_ITERATIONS} to ${MAX_ITERATIONS}, which is the most that a Worker may spend`,
  );

const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
const password = values.generate ? generated() : given();
const algorithm = values.sha512 ? "SHA-512" : "SHA-256";
console.log(formatPasswordHash(await hashPassword(password, { algorithm, iterations }, random)));

function generated(): string {
  const made = Buffer.from(random(new Uint8Array(18))).toString("base64url");
  console.error(made);
  return made;
}

function given(): string {
  if (process.stdin.isTTY) console.error("The password, then Enter and Ctrl-D:");
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
    .decode(readFileSync(0))
    .replace(/\r?\n$/, "");
  if (text === "") fail("there is no password on the standard input; --generate makes one");
  if (/\p{Cc}/u.test(text)) fail("a password holds no line breaks and no other control characters");
  return text;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
