import { describe, expect, it } from "vitest";
import { create, options } from "../../../src/actions/login/login.ts";
import type { KeyedContext } from "../../../src/context.ts";
import { RefusalError } from "../../../src/errors/refusal.ts";
import type { Credential } from "../../../src/identity/credential.ts";
import { declareCredential } from "../../../src/identity/declare.ts";
import type { LoginEndpoint } from "../../../src/identity/login.ts";

/** An action for a credential that tells what it is asked. */
function asked(exposure: KeyedContext["exposure"], login = true): Response | Promise<Response> {
  const answer = async (endpoint: LoginEndpoint, { path }: KeyedContext) =>
    new Response(`${endpoint} ${path}`);
  const credential = {
    challenge: "",
    withheld: [],
    verify: () => undefined,
    ...(login && { login: { answer } }),
  };
  const action = create({ credential: credential as unknown as Credential, endpoint: "callback" });
  return action({ exposure, path: "/auth/callback" } as KeyedContext);
}

describe("the login action", () => {
  it("has its credential answer the endpoint", async () => {
    expect(await (await asked("private")).text()).toBe("callback /auth/callback");
  });

  it("answers nothing that could be given to others, and nothing for a credential that has no login", () => {
    expect(() => asked("keyed")).toThrow(RefusalError);
    expect(() => asked("private", false)).toThrow("configuration-missing");
  });

  it("takes what oidc() made, and the endpoints that there are", () => {
    const person = declareCredential("oidc", {});
    const valid = (value: unknown) => options().safeParse(value).success;
    expect(valid({ credential: person, endpoint: "backChannelLogout" })).toBe(true);
    expect(valid({ credential: declareCredential("jwt", {}), endpoint: "login" })).toBe(false);
    expect(valid({ credential: {}, endpoint: "login" })).toBe(false);
    expect(valid({ credential: person, endpoint: "signup" })).toBe(false);
    expect(valid({ credential: person })).toBe(false);
  });
});
