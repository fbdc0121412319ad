import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { RefusalError } from "../../../src/errors/refusal.ts";
import { codeOf, key, refused, TestGateway } from "./support.ts";

const SECRET = "the client's own";

/** A gateway whose provider says further things of itself, and gives these ID tokens. */
function facing(metadata: object, idToken: (claims: object) => Promise<string> | string) {
  const base = new TestGateway();
  const seconds = () => Math.floor(base.now() / 1_000);
  Object.assign(base.provider, {
    idToken: () => {
      const about = {
        iss: "https://login.example",
        aud: "shop",
        sub: "ada",
        iat: seconds(),
        exp: seconds() + 600,
      };
      return idToken({ ...about, nonce: base.provider.nonce });
    },
  });
  const provider = new Proxy(base.provider, {
    get: (target, name) => (name === "fetch" ? fetch : Reflect.get(target, name)),
    set: (target, name, value) => Reflect.set(target, name, value),
  });
  const fetch: typeof base.provider.fetch = async (input, init) => {
    const answer = await base.provider.fetch(input, init);
    if (!String(input).includes("openid-configuration")) return answer;
    return Response.json({ ...((await answer.json()) as object), ...metadata });
  };
  return new TestGateway({}, { now: base.now, store: base.store, provider } as unknown as TestGateway);
}

const hmac = (secret: string) => (claims: object) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));
const unsigned = (claims: object) => new UnsecuredJWT({ ...claims }).encode();
const causeOf = (login: Promise<unknown>) =>
  login.then(
    () => "not refused",
    (error: unknown) => (error instanceof RefusalError ? String(error.refusal.details.cause) : error),
  );

describe("an ID token that no key pair has signed", () => {
  const both = { id_token_signing_alg_values_supported: ["RS256", "HS256", "none"] };

  it.each<[string, (claims: object) => Promise<string> | string]>([
    ["with the client's secret", hmac(SECRET)],
    ["with the provider's public key, which everybody has", hmac(JSON.stringify(key.publicJwk))],
  ])("but %s, is not taken, and the log says what to do", async (_, idToken) => {
    const gateway = facing(both, idToken);
    expect(await causeOf(gateway.logIn())).toContain("have it sign them with a key pair");
    expect(await refused(gateway.logIn())).toBe("login-failed");
    expect(codeOf(await gateway.ask())).toBeUndefined();
  });

  it("but nobody at all, is not taken either", async () => {
    const gateway = facing(both, unsigned);
    expect(await refused(gateway.logIn())).toBe("login-failed");
    expect(codeOf(await gateway.ask())).toBeUndefined();
  });

  it("is what some providers have only: nobody is sent to log in there", async () => {
    for (const algorithms of [["HS256"], ["HS256", "HS512", "none"]]) {
      const gateway = facing({ id_token_signing_alg_values_supported: algorithms }, hmac(SECRET));
      expect(await refused(gateway.answer("login"))).toBe("login-unavailable");
      expect(await causeOf(gateway.answer("login"))).toContain("have it sign them with a key pair");
    }
  });

  it("is no matter where the provider signs with its keys", async () => {
    const gateway = facing(both, (claims) => key.sign({ ...claims }));
    await gateway.logIn();
    expect(codeOf(await gateway.ask())).toBe("ada");
  });
});
