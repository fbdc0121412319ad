import { describe, expect, it } from "vitest";
import { type Refusal, refuse } from "../../src/errors/refusal.ts";
import { demandOf, missingCredential, type RunningRule } from "../../src/identity/authenticate.ts";
import type { Credential, CredentialVerdict } from "../../src/identity/credential.ts";
import type { Identity } from "../../src/identity/identity.ts";
import { context } from "./support.ts";

/** A credential that says this, at once or later, and notes that it was asked. */
function credential(verdict: CredentialVerdict, { later = false, challenge = "Bearer" } = {}) {
  const asked = { times: 0 };
  const running: Credential = {
    challenge,
    withheld: [],
    verify() {
      asked.times++;
      return later ? Promise.resolve(verdict) : verdict;
    },
  };
  return Object.assign(running, { asked });
}

const someone = (id: string): Identity => ({
  id,
  subject: id,
  issuer: "test",
  claims: {},
  scopes: [],
  credential: "test",
});
const [alice, bob] = [someone("alice"), someone("bob")];
const invalid = refuse("credential-invalid", { cause: "invalid" });
const poor = refuse("insufficient-rights", { cause: "poor" });
const unavailable = refuse("key-set-unavailable", { cause: "unavailable" });
const broken = refuse("configuration-missing", { cause: "broken" });

const ask = (rule: RunningRule) => demandOf(rule).check(context());
const names: Record<string, CredentialVerdict> = {
  alice,
  bob,
  invalid,
  poor,
  unavailable,
  broken,
  missing: undefined,
};
const rules = (listed: string, later: boolean) =>
  listed.split(" ").map((name) => credential(names[name], { later }));
const outcome = (verdict: CredentialVerdict) =>
  verdict === undefined ? "missing" : "code" in verdict ? verdict.code : verdict.id;

describe.each([false, true])("answers that come %s later", (later) => {
  it.each([
    ["alice", "alice"],
    ["missing", "missing"],
    ["missing missing", "missing"],
    ["alice bob", "alice"],
    ["missing bob", "bob"],
    ["invalid bob", "bob"],
    ["unavailable bob", "bob"],
    ["poor bob", "bob"],
    ["invalid missing", "credential-invalid"],
    ["missing invalid", "credential-invalid"],
    ["invalid poor", "insufficient-rights"],
    ["poor invalid", "insufficient-rights"],
    // What could not be judged might have held.
    ["poor unavailable invalid", "key-set-unavailable"],
    ["invalid broken", "configuration-missing"],
  ])("anyOf %s is %s", async (listed, expected) => {
    expect(outcome(await ask({ anyOf: rules(listed, later) }))).toBe(expected);
  });

  it.each([
    ["alice bob", "alice"],
    ["alice invalid", "credential-invalid"],
    ["invalid poor", "credential-invalid"],
    ["poor invalid", "insufficient-rights"],
    ["alice unavailable", "key-set-unavailable"],
    ["alice missing", "credential-missing"],
    ["missing alice", "missing"],
    ["alice bob missing invalid", "credential-missing"],
  ])("allOf %s is %s", async (listed, expected) => {
    expect(outcome(await ask({ allOf: rules(listed, later) }))).toBe(expected);
  });

  it("allOf says who else was proved; what is judged on trial later does not", async () => {
    const [a, b] = rules("alice bob", later);
    const ctx = context();
    const demand = demandOf({ allOf: [a!, { allOf: [b!, a!] }] });
    await demand.check(ctx);
    expect(ctx.alsoProved).toEqual([alice, bob]);
    const settled = Object.assign(context(), { identity: alice });
    await demand.check(settled);
    expect(settled.alsoProved).toBeUndefined();
  });

  it("anyOf goes on after an allOf that was not, or only half, presented", async () => {
    const [a, b, missing] = rules("alice bob missing", later);
    expect(outcome(await ask({ anyOf: [{ allOf: [missing!, a!] }, b!] }))).toBe("bob");
    expect(outcome(await ask({ anyOf: [{ allOf: [a!, missing!] }, b!] }))).toBe("bob");
    expect(outcome(await ask({ anyOf: [{ allOf: [a!, missing!] }, missing!] }))).toBe("credential-missing");
    expect(outcome(await ask({ allOf: [{ anyOf: [missing!, b!] }, a!] }))).toBe("bob");
  });
});

describe("a rule", () => {
  it("answers without a promise where its credentials do", () => {
    const [a, b, none] = [credential(alice), credential(bob), credential(undefined)];
    expect(ask({ allOf: [{ anyOf: [none, a] }, b] })).toBe(alice);
  });

  it("asks no more than it must", () => {
    const [first, second] = [credential(alice), credential(bob)];
    ask({ anyOf: [first, second] });
    expect(second.asked.times).toBe(0);
    ask({ allOf: [credential(invalid), second] });
    expect(second.asked.times).toBe(0);
  });

  it("tells the log why each of its credentials failed", () => {
    const refusal = ask({ anyOf: [credential(invalid), credential(poor)] }) as Refusal;
    expect(refusal.details.cause).toBe("invalid; poor");
  });

  it("challenges for every credential it names, and once for equal ones", () => {
    const [bearer, again, basic] = [
      credential(alice),
      credential(bob),
      credential(bob, { challenge: "Basic" }),
    ];
    const refusal = missingCredential([demandOf({ anyOf: [bearer, { allOf: [again, basic] }] })]);
    expect(refusal.code).toBe("credential-missing");
    expect(refusal.details.headers).toEqual([
      ["www-authenticate", "Bearer"],
      ["www-authenticate", "Basic"],
    ]);
  });
});
