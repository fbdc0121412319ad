import { describe, expect, it } from "vitest";
import type { Identity } from "../../../src/identity/identity.ts";
import { create, options } from "../../../src/upstream/presenters/identity-token.ts";
import { contextOf, faults, NOW, presented, refusalOf, toolsOf } from "../support.ts";

const ADA: Identity = {
  id: "https://login.example#ada",
  subject: "ada",
  issuer: "https://login.example",
  claims: { org: "tea", email: "ada@tea.example", secret: "x" },
  scopes: ["orders:read", "orders:write"],
  roles: ["staff"],
  consumer: "tea",
  plan: "gold",
  credential: "jwt",
};

/** A presenter whose key writes down what it signs. */
function identityToken(declared: object = {}) {
  let now = NOW;
  const signed: Array<{ readonly claims: Readonly<Record<string, unknown>>; readonly ttl: number }> = [];
  let failing = false;
  const tools = {
    ...toolsOf(undefined, () => now).tools,
    identityKey: {
      async sign(claims: Readonly<Record<string, unknown>>, ttl: number) {
        if (failing) throw new Error("storage failed");
        signed.push({ claims, ttl });
        return `token-${signed.length}`;
      },
    },
  };
  const presenter = create(options().parse({ audience: "orders", ...declared } as never) as never, tools);
  const tokenFor = async (identity: Identity | undefined) => {
    const given = contextOf({ now: () => now, deadline: 60_000, identity } as never);
    const { headers } = await presented(presenter, {}, given);
    while (given.pending.length > 0) await given.pending.shift();
    return headers.get("x-identity-token");
  };
  return {
    presenter,
    signed,
    tokenFor,
    pass: (ms: number) => {
      now += ms;
    },
    fail: (fails: boolean) => {
      failing = fails;
    },
  };
}

describe("an identity token", () => {
  it("says who calls, who says so, and to whom", async () => {
    const { tokenFor, signed } = identityToken({ claims: ["org", "missing"], issuer: "https://api.example" });
    expect(await tokenFor(ADA)).toBe("token-1");
    expect(signed).toEqual([
      {
        ttl: 300,
        claims: {
          iss: "https://api.example",
          sub: "https://login.example#ada",
          aud: "orders",
          scope: "orders:read orders:write",
          identity: {
            subject: "ada",
            issuer: "https://login.example",
            credential: "jwt",
            scopes: ["orders:read", "orders:write"],
            roles: ["staff"],
            consumer: "tea",
            plan: "gold",
            claims: { org: "tea" },
          },
        },
      },
    ]);
  });

  it("is not there where nobody is identified", async () => {
    const { tokenFor, signed } = identityToken();
    expect([await tokenFor(undefined), signed]).toEqual([null, []]);
  });

  it("is signed once for a caller and a time, whatever object the caller is", async () => {
    const { tokenFor, signed, pass } = identityToken();
    for (let request = 0; request < 100; request++) await tokenFor({ ...ADA });
    await Promise.all(Array.from({ length: 50 }, () => tokenFor({ ...ADA, subject: "grace", id: "grace" })));
    expect(signed).toHaveLength(2);
    pass(299_000);
    expect(await tokenFor(ADA)).toBe("token-3");
  });

  it("is another where anything that it says is another", async () => {
    const { tokenFor, signed } = identityToken({ claims: ["org"] });
    const callers: Identity[] = [
      ADA,
      { ...ADA, scopes: [] },
      { ...ADA, plan: "free" },
      { ...ADA, claims: { org: "coffee" } },
      { ...ADA, claims: { ...ADA.claims, secret: "y" } },
    ];
    for (const caller of callers) await tokenFor(caller);
    expect(signed).toHaveLength(4);
  });

  it("never holds longer than what the caller has proved", async () => {
    const { tokenFor, signed, pass } = identityToken();
    const brief = { ...ADA, expiresAt: NOW + 42_500 };
    await tokenFor(brief);
    pass(40_000);
    await tokenFor(brief);
    expect(signed.map(({ ttl }) => ttl)).toEqual([42, 2]);
  });

  it("that cannot be signed means that nothing is sent", async () => {
    const { tokenFor, fail } = identityToken();
    fail(true);
    expect(await refusalOf(() => tokenFor(ADA))).toEqual({
      code: "store-unavailable",
      cause: "the gateway's signing key: Error: storage failed",
    });
  });

  it("is used on while it holds, should the key be out of reach", async () => {
    const { tokenFor, fail, pass } = identityToken();
    await tokenFor(ADA);
    fail(true);
    pass(280_000);
    expect(await tokenFor(ADA)).toBe("token-1");
    pass(20_000);
    expect((await refusalOf(() => tokenFor(ADA))).code).toBe("store-unavailable");
  });

  it("takes the place of any that a caller sends", () => {
    expect(identityToken().presenter).toMatchObject({ fields: ["x-identity-token"], answersFor401: false });
  });

  it("is declared with who it is for", () => {
    expect(faults(options(), { audience: ["a", "b"], ttl: "10s", issuer: "x", claims: ["org"] })).toEqual([]);
    expect(faults(options(), {})).toHaveLength(1);
    expect(faults(options(), { audience: "a", ttl: "9s" })).toEqual(["ttl: must be at least 10s"]);
    expect(faults(options(), { audience: "a", ttl: "2h" })).toEqual(["ttl: must be at most 1h"]);
  });
});
