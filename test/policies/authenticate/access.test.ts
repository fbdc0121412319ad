import { describe, expect, it } from "vitest";
import { refuse } from "../../../src/errors/refusal.ts";
import type { Credential, CredentialVerdict } from "../../../src/identity/credential.ts";
import type { Identity } from "../../../src/identity/identity.ts";
import { create } from "../../../src/policies/authenticate/access.ts";
import { context } from "../../identity/support.ts";

function credential(
  verdict: CredentialVerdict | Promise<CredentialVerdict>,
  { challenge = "Bearer", withheld = ["authorization"] } = {},
): Credential {
  return { challenge, withheld, verify: () => verdict };
}

const someone = (id: string) => ({ id }) as Identity;
const [alice, staff] = [someone("alice"), someone("staff")];
const invalid = refuse("credential-invalid");

describe("access", () => {
  it("public asks nothing and keeps nothing back", () => {
    const policy = create({ always: "public" });
    expect(policy.authenticate).toBeUndefined();
    expect(policy.withheld).toEqual([]);
  });

  it("sets the identity, at once where the credential is known", async () => {
    const now = context();
    expect(create({ always: credential(alice) }).authenticate?.(now)).toBeUndefined();
    expect(now.identity).toBe(alice);
    const later = context();
    expect(
      await create({ always: credential(Promise.resolve(alice)) }).authenticate?.(later),
    ).toBeUndefined();
    expect(later.identity).toBe(alice);
  });

  it("refuses without setting one", async () => {
    const ctx = context();
    expect(await create({ always: credential(invalid) }).authenticate?.(ctx)).toBe(invalid);
    expect(
      await create({ always: { allOf: [credential(alice), credential(invalid)] } }).authenticate?.(ctx),
    ).toBe(invalid);
    expect(ctx.identity).toBeUndefined();
  });

  it("challenges a request that presents nothing, for all that it could present", () => {
    const rule = { anyOf: [credential(undefined), credential(undefined, { challenge: "Basic" })] };
    expect(create({ always: rule }).authenticate?.(context())).toMatchObject({
      code: "credential-missing",
      details: {
        headers: [
          ["www-authenticate", "Bearer"],
          ["www-authenticate", "Basic"],
        ],
      },
    });
  });

  it("keeps back the headers of every credential it names", () => {
    const key = credential(alice, { withheld: ["x-api-key", "authorization"] });
    const policy = create({
      always: { anyOf: [credential(alice), { allOf: [key] }] },
      conditional: [{ match: "/admin/*", rule: credential(alice, { withheld: ["cookie"] }) }],
    });
    expect(policy.withheld?.toSorted()).toEqual(["authorization", "cookie", "x-api-key"]);
  });
});

describe("a rule of the gateway that only some paths of a route fall under", () => {
  const conditional = [
    { match: "/admin/*", rule: credential(staff) },
    { match: "/:tenant/secret", rule: credential(invalid) },
  ];
  const ask = (always: "public" | Credential, path: string) => {
    const ctx = context({ path });
    return { verdict: create({ always, conditional }).authenticate?.(ctx), identity: ctx.identity };
  };

  it("holds there and only there, also for a public route", () => {
    expect(ask("public", "/shop")).toEqual({ verdict: undefined, identity: undefined });
    expect(ask("public", "/admin/users")).toEqual({ verdict: undefined, identity: staff });
    expect(ask("public", "/any/secret").verdict).toBe(invalid);
  });

  it("holds beside the route's own, and all that apply hold", () => {
    expect(ask(credential(alice), "/shop")).toEqual({ verdict: undefined, identity: alice });
    expect(ask(credential(alice), "/admin/users")).toEqual({ verdict: undefined, identity: staff });
    expect(ask(credential(invalid), "/admin/users").verdict).toBe(invalid);
    expect(ask(credential(alice), "/admin/secret").verdict).toBe(invalid);
  });

  it("reads a path as the router does", () => {
    const unicode = [{ match: "/b%C3%BCro/:id{\\d+}", rule: credential(invalid) }];
    const policy = create({ always: "public", conditional: unicode });
    expect(policy.authenticate?.(context({ path: "/b%C3%BCro/1" }))).toBe(invalid);
    expect(policy.authenticate?.(context({ path: "/b%C3%BCro/x" }))).toBeUndefined();
  });

  it("that cannot be read stops the route instead of opening it", () => {
    expect(() =>
      create({ always: "public", conditional: [{ match: "admin", rule: credential(staff) }] }),
    ).toThrow();
  });
});

describe("a rule on trial", () => {
  const ask = async (onTrial: Parameters<typeof create>[0]["onTrial"], always: "public" | Credential) => {
    const ctx = context({ path: "/admin/users" });
    const verdict = await create({ always, onTrial: onTrial ?? [] }).authenticate?.(ctx);
    return { verdict, identity: ctx.identity, codes: ctx.record.reported?.map(({ code }) => code) };
  };

  it("reports what it would refuse, and gives no identity", async () => {
    expect(await ask([{ rule: credential(invalid) }], "public")).toEqual({
      verdict: undefined,
      identity: undefined,
      codes: ["credential-invalid"],
    });
    expect(await ask([{ rule: credential(undefined) }], credential(alice))).toEqual({
      verdict: undefined,
      identity: alice,
      codes: ["credential-missing"],
    });
    expect(await ask([{ rule: credential(staff) }], credential(alice))).toMatchObject({ identity: alice });
  });

  it("is asked only where its path applies, and only of requests that are let in", async () => {
    const rule = credential(invalid);
    const both = [
      { match: "/admin/*", rule },
      { match: "/shop/*", rule },
    ];
    expect((await ask(both, "public")).codes).toEqual(["credential-invalid"]);
    expect(await ask(both, credential(undefined))).toMatchObject({ verdict: { code: "credential-missing" } });
    expect((await ask(both, credential(undefined))).codes).toBeUndefined();
  });

  it("fails no request by failing itself", async () => {
    const broken = { ...credential(alice), verify: () => Promise.reject(new Error("no keys")) };
    expect(await ask([{ rule: broken }], "public")).toMatchObject({
      verdict: undefined,
      codes: ["internal-error"],
    });
  });

  it("keeps no header back: until it is enforced the origin may be who looks at the credential", () => {
    expect(create({ always: "public", onTrial: [{ rule: credential(alice) }] }).withheld).toEqual([]);
  });
});
