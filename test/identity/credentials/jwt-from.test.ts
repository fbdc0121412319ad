import { beforeAll, describe, expect, it } from "vitest";
import { type JwtOptions, options } from "../../../src/identity/credentials/jwt.ts";
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

let key: TestKey;
let token: string;
let other: string;

beforeAll(async () => {
  key = await testKey("ES256");
  token = await key.sign(GOOD);
  other = await key.sign({ ...GOOD, sub: "user-2" });
});

type From = NonNullable<JwtOptions["from"]>;
const credential = (from: From, more: Partial<JwtOptions> = {}) =>
  jwtCredential({ issuers: inlineIssuer([key]), from, ...more });

describe("a token", () => {
  it.each<[string, From, () => Parameters<typeof context>[0]]>([
    ["a header", { header: "X-Access-Token" }, () => ({ headers: { "x-access-token": token } })],
    ["Authorization", { header: "Authorization" }, () => ({ headers: { authorization: `Bearer ${token}` } })],
    ["a cookie", { cookie: "session" }, () => ({ headers: { cookie: `a=1; session=${token}; b=2` } })],
    ["the query", { query: "access_token" }, () => ({ search: `?a=1&access_token=${token}` })],
    [
      "the second of two places",
      { header: "authorization", cookie: "session" },
      () => ({ headers: { authorization: "Basic YTpi", cookie: `session=${token}` } }),
    ],
  ])("is found in %s, and remembered", async (_, from, init) => {
    const from_ = credential(from);
    const first = identity(await from_.verify(context(init())));
    expect(first.subject).toBe("user-1");
    expect(from_.verify(context(init()))).toBe(first);
  });

  it("is looked for nowhere but where it is declared", async () => {
    const inCookie = credential({ cookie: "session" });
    expect(await inCookie.verify(bearing(token))).toBeUndefined();
    expect(await inCookie.verify(context({ headers: { cookie: `Session=${token}` } }))).toBeUndefined();
    expect(await inCookie.verify(context({ search: `?session=${token}` }))).toBeUndefined();
    expect(await inCookie.verify(context({ headers: { cookie: "session=" } }))).toBeUndefined();
    const usual = jwtCredential({ issuers: inlineIssuer([key]) });
    expect(await usual.verify(context({ search: `?access_token=${token}` }))).toBeUndefined();
  });

  it.each<[string, From, () => Parameters<typeof context>[0]]>([
    [
      "two places",
      { header: "authorization", cookie: "session" },
      () => ({ headers: { authorization: `Bearer ${token}`, cookie: `session=${token}` } }),
    ],
    [
      "two cookies of one name",
      { cookie: "session" },
      () => ({ headers: { cookie: `session=${token}; session=${other}` } }),
    ],
    [
      "two parameters of one name",
      { query: "access_token" },
      () => ({ search: `?access_token=${token}&access_token=${other}` }),
    ],
    [
      "a cookie with a scheme",
      { cookie: "session" },
      () => ({ headers: { cookie: `session=Bearer ${token}` } }),
    ],
    ["a field with a scheme", { header: "x-jwt" }, () => ({ headers: { "x-jwt": `Bearer ${token}` } })],
    ["a cookie that is rubbish", { cookie: "session" }, () => ({ headers: { cookie: "session=%00" } })],
  ])("in %s is refused, though it is good", async (_, from, init) => {
    const from_ = credential(from);
    // Known to be good from elsewhere: that must not help.
    await from_.verify(context({ headers: { cookie: `session=${token}`, "x-jwt": token } }));
    expect(refusal(await from_.verify(context(init()))).code).toBe("credential-invalid");
  });

  it("ends at the gateway, whatever carried it", () => {
    const carriers = (from: From) => {
      const { withheld, carriers } = credential(from);
      return [withheld, [...(carriers?.cookies ?? [])], [...(carriers?.parameters ?? [])]];
    };
    expect(carriers({ header: "X-Jwt" })).toEqual([["x-jwt"], [], []]);
    expect(carriers({ cookie: "Session" })).toEqual([[], ["Session"], []]);
    expect(carriers({ query: "accessToken" })).toEqual([[], [], ["accesstoken"]]);
    expect(credential({ header: "x-jwt", cookie: "a" }, { forwardToken: true }).withheld).toEqual([]);
  });
});

describe("the declaration", () => {
  it.each<[string, object, string]>([
    ["no place", { from: {} }, "from: must name a header, cookie or query"],
    ["a parameter whose name gives it away to no tool", { from: { query: "t" } }, "from.query: must tell"],
    ["a header of such a name", { from: { header: "x-thing" } }, "from.header: must tell"],
    ["a cookie that is no name", { from: { cookie: "a b" } }, "from.cookie: is not a name"],
    ["a cookie to pass on", { from: { cookie: "a" }, forwardToken: true }, "forwardToken: needs a header"],
    [
      "DPoP elsewhere",
      { from: { cookie: "a" }, proofOfPossession: "dpop" },
      "from: cannot stand beside DPoP",
    ],
  ])("is refused with %s", (_, more, fault) => {
    const issues = options().safeParse({ issuers: inlineIssuer([key]), ...more }).error?.issues ?? [];
    expect(issues.map(({ path, message }) => `${path.join(".")}: ${message}`)).toEqual([
      expect.stringMatching(new RegExp(`^${fault}`)),
    ]);
  });
});

describe("claims with a meaning of their own", () => {
  const claims = {
    ...GOOD,
    realm_access: { roles: ["admin", "clerk"] },
    tenant: "acme",
    tier: "gold",
  };
  const from = async (more: object, extra = {}) =>
    identity(
      await jwtCredential({ issuers: inlineIssuer([key], more) }).verify(
        bearing(await key.sign({ ...claims, ...extra })),
      ),
    );

  it("become roles, consumer and plan where the issuer is trusted with them", async () => {
    const named = { rolesClaim: "realm_access.roles", consumerClaim: "tenant", planClaim: "tier" };
    expect(await from(named)).toMatchObject({ roles: ["admin", "clerk"], consumer: "acme", plan: "gold" });
  });

  it("are nothing otherwise, nor of another form", async () => {
    const plain = await from({});
    expect([plain.roles, plain.consumer, plain.plan]).toEqual([undefined, undefined, undefined]);
    const bent = await from(
      { rolesClaim: "realm_access", consumerClaim: "tenant", planClaim: "tier.name" },
      { tenant: ["acme"] },
    );
    expect([bent.roles, bent.consumer, bent.plan]).toEqual([[], undefined, undefined]);
  });
});
