import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../../src/deps.ts";
import { secret } from "../../../src/env.ts";
import { type BasicOptions, create, options } from "../../../src/identity/credentials/basic.ts";
import { hashPassword } from "../../../src/identity/passwords/derive.ts";
import { formatPasswordHash } from "../../../src/identity/passwords/password-hash.ts";
import { clock, context, identity, refusal, shown } from "../support.ts";

const CHEAP = { algorithm: "SHA-256", iterations: 10_000 } as const;
const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);
const secrets: Record<string, string> = {};

beforeAll(async () => {
  const hashed = async (password: string, cost: Parameters<typeof hashPassword>[1] = CHEAP) =>
    formatPasswordHash(await hashPassword(password, cost, random));
  secrets.ADA = await hashed("correct horse");
  secrets.ZOË = await hashed("p\u00e4ss:w\u00f6rd", { algorithm: "SHA-512", iterations: 11_000 });
});

afterEach(() => void vi.restoreAllMocks());

const written: BasicOptions = { users: { ada: secret("ADA"), "zo\u00eb": secret("ZOË") } };

function basic({
  now = clock(),
  requirements = {},
  more = {} as Partial<BasicOptions>,
  values = secrets,
} = {}) {
  const { users, realm } = options().parse({ ...written, ...more });
  const resolved = users.map(({ name, hash }) => ({ name, hash: values[hash.$env]! }));
  return create({ users: resolved, realm }, requirements, { deps: { now, random } as unknown as Deps });
}

const encoded = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const field = (authorization: string) => context({ headers: { authorization } });
const as = (name: string, password: string) => field(`Basic ${encoded(`${name}:${password}`)}`);
const CHALLENGE = 'Basic realm="api", charset="UTF-8"';

describe("a right password", () => {
  it("says who calls", async () => {
    const who = identity(await basic().verify(as("ada", "correct horse")));
    expect(who).toEqual({
      id: "basic:api#ada",
      subject: "ada",
      issuer: "basic:api",
      claims: {},
      scopes: [],
      credential: "basic",
    });
    expect(Object.isFrozen(who)).toBe(true);
    const elsewhere = basic({ more: { realm: "back office" } });
    expect(identity(await elsewhere.verify(as("ada", "correct horse"))).id).toBe("basic:back office#ada");
    expect(elsewhere.challenge).toBe('Basic realm="back office", charset="UTF-8"');
  });

  it("may hold colons and whatever Unicode has, composed or not, in any case of the scheme", async () => {
    const credential = basic();
    for (const [name, password] of [
      ["zo\u00eb", "p\u00e4ss:w\u00f6rd"],
      ["zoe\u0308", "pa\u0308ss:wo\u0308rd"],
    ] as const) {
      expect(identity(await credential.verify(as(name, password))).subject).toBe("zo\u00eb");
    }
    expect(identity(await credential.verify(field(`bASIC  ${encoded("ada:correct horse")}`))).subject).toBe(
      "ada",
    );
  });

  it("is hashed once in five minutes, whichever route asks", async () => {
    const now = clock();
    const resolved = { users: [{ name: "ada", hash: secrets.ADA! }], realm: "api" };
    const deps = { now, random } as unknown as Deps;
    const [one, other] = [create(resolved, {}, { deps }), create(resolved, {}, { deps })];
    const derived = vi.spyOn(crypto.subtle, "deriveBits");
    for (const credential of [one, other, one]) identity(await credential.verify(as("ada", "correct horse")));
    expect(derived).toHaveBeenCalledTimes(1);
    refusal(await one.verify(as("ada", "correct hors")));
    expect(derived).toHaveBeenCalledTimes(2);
    identity(await other.verify(as("ada", "correct horse")));
    expect(derived).toHaveBeenCalledTimes(2);
    now.advance(300_000);
    identity(await other.verify(as("ada", "correct horse")));
    expect(derived).toHaveBeenCalledTimes(3);
  });
});

describe("a wrong one", () => {
  it("is refused as one of nobody is, after the same work", async () => {
    const credential = basic();
    const derived = vi.spyOn(crypto.subtle, "deriveBits");
    const wrong = await shown(await credential.verify(as("ada", "wrong")));
    const nobody = await shown(await credential.verify(as("bob", "correct horse")));
    expect(nobody).toEqual(wrong);
    expect(wrong).toMatchObject({ status: 401, challenge: CHALLENGE, body: { code: "credential-invalid" } });
    expect(derived).toHaveBeenCalledTimes(2);
    for (const _ of [1, 2, 3]) await credential.verify(as("ada", "wrong"));
    expect(derived).toHaveBeenCalledTimes(5);
  });

  it.each([
    ["another user's", "ada", "p\u00e4ss:w\u00f6rd"],
    ["none", "ada", ""],
    ["of nobody", "", "correct horse"],
    ["of a name in other letters", "Ada", "correct horse"],
    ["of what objects have", "constructor", "x"],
    ["longer", "ada", "correct horse "],
  ])("%s is refused", async (_, name, password) => {
    expect(refusal(await basic().verify(as(name, password))).code).toBe("credential-invalid");
  });

  it.each([
    ["no base64", "Basic ***"],
    ["nothing", "Basic "],
    ["only the scheme", "Basic"],
    ["no UTF-8", `Basic ${btoa("ada:\xff")}`],
    ["no colon", `Basic ${encoded("ada")}`],
    ["a control character", `Basic ${encoded("ada:correct horse\u0000")}`],
    ["two of them", `Basic ${encoded("ada:correct horse")}, Basic ${encoded("ada:correct horse")}`],
    ["another one behind", `Bearer x, Basic ${encoded("ada:correct horse")}`],
    ["padding within", "Basic YWRh=OmNvcnJlY3Q="],
    ["a kilobyte", `Basic ${encoded(`ada:${"x".repeat(1_000)}`)}`],
  ])("with %s is refused without hashing anything", async (_, authorization) => {
    const derived = vi.spyOn(crypto.subtle, "deriveBits");
    expect(refusal(await basic().verify(field(authorization))).code).toBe("credential-invalid");
    expect(derived).not.toHaveBeenCalled();
  });

  it("is not in what is logged", async () => {
    const { details } = refusal(await basic().verify(as("ada", "hunter2 hunter2")));
    expect(JSON.stringify(details)).not.toContain("hunter2");
  });
});

describe("the credential", () => {
  it("is not presented by other schemes, and ends at the gateway", async () => {
    const credential = basic();
    expect(await credential.verify(context())).toBeUndefined();
    expect(await credential.verify(field("Bearer abc"))).toBeUndefined();
    expect(await credential.verify(field("Basically abc"))).toBeUndefined();
    expect([credential.challenge, credential.withheld]).toEqual([CHALLENGE, ["authorization"]]);
  });

  it("grants no scopes and no claims", async () => {
    for (const requirements of [{ scopes: ["read"] }, { claims: { org: "tea" } }]) {
      const right = await basic({ requirements }).verify(as("ada", "correct horse"));
      expect(refusal(right).code).toBe("insufficient-rights");
      expect(refusal(await basic({ requirements }).verify(as("ada", "wrong"))).code).toBe(
        "credential-invalid",
      );
    }
  });

  it("lets nobody in where a secret holds no hash, whoever asks", async () => {
    const credential = basic({ values: { ...secrets, ADA: "correct horse" } });
    for (const name of ["ada", "zo\u00eb", "bob"]) {
      const { code, details } = refusal(await credential.verify(as(name, "p\u00e4ss:w\u00f6rd")));
      expect(code).toBe("configuration-missing");
      expect(details.cause).not.toContain("correct horse");
    }
    expect(await credential.verify(context())).toBeUndefined();
  });
});

describe("its options", () => {
  const faults = (given: unknown) =>
    options()
      .safeParse(given)
      .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

  it("name users and their secrets", () => {
    expect(faults(written)).toEqual([]);
    expect(faults({ users: {} })).toEqual(["users: has no user"]);
    expect(faults({ users: { "a:b": secret("A"), "": secret("B"), "e\u0301": secret("C") } })).toHaveLength(
      3,
    );
    expect(faults({ users: { ada: "password" } })).toEqual([
      'users.ada: must be secret("NAME"): secrets never stand in a manifest',
    ]);
    expect(faults({ ...written, realm: 'a"b' })).toHaveLength(1);
    expect(faults({ ...written, realm: "a#b" })).toHaveLength(1);
    expect(faults({ ...written, relm: "a" })).toHaveLength(1);
  });
});
