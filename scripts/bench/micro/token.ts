import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { bench, do_not_optimize, group } from "mitata";
import type { RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { create, options } from "../../../src/identity/credentials/jwt.ts";
import { AUDIENCE, ISSUER } from "../http/workers/claims.ts";

/** Callers who take turns: fewer than a credential remembers, and far more than that. */
const FEW = 400;
const MANY = 4_000;

/** A bearer token: known to the isolate, one of many that are known, and one that is not. */
export async function register(): Promise<void> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "bench", alg: "ES256", use: "sig" };
  const present = async (subject: string): Promise<RequestContext> => {
    const token = await new SignJWT({ scope: "orders:read" })
      .setProtectedHeader({ alg: "ES256", kid: "bench", typ: "JWT" })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(subject)
      .setExpirationTime("1d")
      .sign(privateKey);
    const headers = new Headers({ authorization: `Bearer ${token}` });
    // What a credential looks at; node's Request costs milliseconds to make by the thousand.
    return { request: { headers }, record: {} } as unknown as RequestContext;
  };
  const callers = await Promise.all(Array.from({ length: MANY }, (_, index) => present(`caller-${index}`)));
  const credential = () => {
    const compiled = options().parse({
      issuers: { issuer: ISSUER, audience: AUDIENCE, keys: { keys: [jwk] } },
    });
    const deps = { now: () => Date.now() } as unknown as Deps;
    return create(compiled as Parameters<typeof create>[0], { scopes: ["orders:read"] }, { deps });
  };
  const turns = (count: number) => {
    let turn = 0;
    return () => callers[turn++ % count]!;
  };

  const known = credential();
  for (const caller of callers.slice(0, FEW)) await known.verify(caller);
  const unknown = credential();
  group("token", () => {
    bench("known", () => do_not_optimize(known.verify(callers[0]!)));
    const next = turns(FEW);
    bench(`one of ${FEW} known`, () => do_not_optimize(known.verify(next())));
    const stranger = turns(MANY);
    bench("unknown: ES256 verified", async () => do_not_optimize(await unknown.verify(stranger())));
  });
}
