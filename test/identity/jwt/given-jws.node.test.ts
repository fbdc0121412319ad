import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { prove } from "../../../src/identity/jwt/prove.ts";
import { type Algorithm, KEY_PAIR_ALGORITHMS } from "../../../src/identity/keys/algorithms.ts";
import { secretKey, type VerificationKey } from "../../../src/identity/keys/verification-key.ts";
import {
  bearing,
  context,
  GOOD,
  identity,
  inlineIssuer,
  jwtCredential,
  refusal,
  type TestKey,
  testKey,
} from "../support.ts";

const FILE = join(import.meta.dirname, "../../../../shared/suites/given-jws.jsonl");
const present = existsSync(FILE);
if (!present) console.warn("SKIPPED: the public suite given-jws.jsonl is not beside the project");

interface Given {
  readonly id: string;
  readonly jws: string;
  readonly comment: string;
}
const given: readonly Given[] = present
  ? readFileSync(FILE, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Given)
  : [];

/** The header of a given token, where it has a readable one. */
function headerOf(jws: string): { alg?: unknown; kid?: unknown } {
  try {
    return JSON.parse(Buffer.from(jws.split(".")[0]!, "base64url").toString()) ?? {};
  } catch {
    return {};
  }
}

/** The suite gives no keys, so each kid that its tokens name gets one of ours of the type they say. */
async function keysForSuite() {
  const signers: TestKey[] = [];
  const secrets: Array<readonly [kid: string, algorithm: Algorithm]> = [];
  const seen = new Set<string>();
  for (const { jws } of given) {
    const { alg, kid } = headerOf(jws);
    if (typeof alg !== "string" || typeof kid !== "string" || seen.has(`${alg} ${kid}`)) continue;
    seen.add(`${alg} ${kid}`);
    if (KEY_PAIR_ALGORITHMS.some((known) => known === alg)) signers.push(await testKey(alg, kid));
    else if (/^HS(?:256|384|512)$/.test(alg)) secrets.push([kid, alg as Algorithm]);
  }
  return { signers, secrets };
}

describe.skipIf(!present)("the signed tokens of the public suite", () => {
  let signers: TestKey[];
  let secrets: Awaited<ReturnType<typeof keysForSuite>>["secrets"];

  beforeAll(async () => {
    ({ signers, secrets } = await keysForSuite());
  });

  it("name keys of several types, so that the verifier is really asked", () => {
    expect(given.length).toBeGreaterThan(200);
    expect(new Set(signers.map(({ publicJwk }) => publicJwk.kty))).toEqual(new Set(["RSA", "EC"]));
    expect(secrets.length).toBeGreaterThan(0);
  });

  it("are all refused as credentials, and none makes the verifier throw, while a good one passes", async () => {
    const credential = jwtCredential({ issuers: inlineIssuer(signers) });
    for (const { id, jws, comment } of given) {
      const headers = { authorization: `Bearer ${jws.replace(/[^\t\x20-\x7e]/g, "?")}` };
      const verdict = await credential.verify(context({ headers }));
      expect(refusal(verdict).code, `${id} ${comment}`).toBe("credential-invalid");
    }
    for (const signer of signers)
      expect(identity(await credential.verify(bearing(await signer.sign(GOOD)))).subject).toBe("user-1");
  });

  it("are all refused by the signature check alone, whose answer is a value", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    const control = await new SignJWT(GOOD)
      .setProtectedHeader({ alg: "ES256", kid: "none of theirs" })
      .sign(privateKey);
    const { parseVerificationKey } = await import("../../../src/identity/keys/verification-key.ts");
    const secret = crypto.getRandomValues(new Uint8Array(64));
    const keys: VerificationKey[] = [
      ...signers.map(({ publicJwk }) => parseVerificationKey(publicJwk) as VerificationKey),
      ...secrets.map(([kid, alg]) => ({ ...secretKey(secret, alg as "HS256"), kid })),
    ];
    const allowed: Algorithm[] = [...KEY_PAIR_ALGORITHMS, "HS256", "HS384", "HS512"];
    const reasons = new Map<string, number>();
    for (const { jws } of [...given, { jws: control }]) {
      const { alg, kid } = headerOf(jws);
      const hint = { alg: alg as Algorithm, kid: typeof kid === "string" ? kid : undefined };
      const proof = await prove(jws, hint, keys, allowed);
      if (!("fault" in proof)) throw new Error("accepted");
      reasons.set(proof.fault, (reasons.get(proof.fault) ?? 0) + 1);
    }
    // Most of them get as far as the mathematics.
    expect(reasons.get("the signature does not hold")).toBeGreaterThan(150);
  });
});
