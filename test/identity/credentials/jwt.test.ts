import { SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { secret as secretReference } from "../../../src/env.ts";
import { KEY_PAIR_ALGORITHMS, SECRET_ALGORITHMS } from "../../../src/identity/keys/algorithms.ts";
import {
  AUDIENCE,
  bearing,
  clock,
  context,
  encoded,
  GOOD,
  ISSUER,
  identity,
  inlineIssuer,
  jwtCredential,
  NOW,
  refusal,
  SECONDS,
  shown,
  type TestKey,
  testKey,
} from "../support.ts";

const SECRET = "a secret of which the whole team is proud, as it has sixty-four bytes!!";
const keys = new Map<string, TestKey>();
const key = (alg: string) => keys.get(alg)!;

beforeAll(async () => {
  for (const alg of KEY_PAIR_ALGORITHMS) keys.set(alg, await testKey(alg));
});

describe("a good token", () => {
  it.each(KEY_PAIR_ALGORITHMS)("signed with %s is accepted", async (alg) => {
    const credential = jwtCredential({ issuers: inlineIssuer([key(alg)]) });
    const who = identity(await credential.verify(bearing(await key(alg).sign(GOOD))));
    expect(who).toMatchObject({ subject: "user-1", issuer: ISSUER, credential: "jwt" });
  });

  it("is told from the caller's others by its id, where that is a text", async () => {
    const credential = jwtCredential({ issuers: inlineIssuer([key("ES256")]) });
    const keyOf = async (jti?: unknown) =>
      identity(
        await credential.verify(
          bearing(await key("ES256").sign({ ...GOOD, ...(jti !== undefined && { jti }) })),
        ),
      ).key;
    expect(await keyOf("token-1")).toBe(`${ISSUER}#token-1`);
    expect(await keyOf("token-2")).toBe(`${ISSUER}#token-2`);
    for (const none of [undefined, "", 7, ["token-1"]]) expect(await keyOf(none)).toBeUndefined();
  });

  it.each(SECRET_ALGORITHMS)("signed with %s and a shared secret is accepted", async (alg) => {
    const secret = secretReference(SECRET);
    const issuers = { issuer: ISSUER, audience: AUDIENCE, keys: { secret }, algorithms: [alg] as const };
    const bytes = new TextEncoder().encode(SECRET);
    const token = await new SignJWT(GOOD).setProtectedHeader({ alg, kid: "any" }).sign(bytes);
    const credential = jwtCredential({ issuers });
    expect(identity(await credential.verify(bearing(token))).subject).toBe("user-1");
    const other = await new SignJWT(GOOD)
      .setProtectedHeader({ alg })
      .sign(new TextEncoder().encode(`${SECRET}.`));
    expect(refusal(await credential.verify(bearing(other))).code).toBe("credential-invalid");
  });

  it.each(KEY_PAIR_ALGORITHMS)("signed with %s is refused once any part is changed", async (alg) => {
    const credential = jwtCredential({ issuers: inlineIssuer([key(alg)]) });
    const [header, , signature] = (await key(alg).sign(GOOD)).split(".");
    const forged = `${header}.${encoded({ ...GOOD, sub: "admin" })}.${signature}`;
    expect(refusal(await credential.verify(bearing(forged))).code).toBe("credential-invalid");
    const cut = `${header}.${encoded(GOOD)}.${signature!.slice(0, -4)}`;
    expect(refusal(await credential.verify(bearing(cut))).code).toBe("credential-invalid");
  });

  it("without kid is accepted where one key fits, and refused where two do", async () => {
    const token = await key("ES256").sign(GOOD, { kid: undefined });
    const one = jwtCredential({ issuers: inlineIssuer([key("ES256"), key("RS256")]) });
    expect(identity(await one.verify(bearing(token))).subject).toBe("user-1");
    const second = await testKey("ES256", "another");
    const two = jwtCredential({ issuers: inlineIssuer([key("ES256"), second]) });
    expect(refusal(await two.verify(bearing(token))).code).toBe("credential-invalid");
  });

  it("is matched to its issuer by the letter, each with its own keys and audience", async () => {
    const other = { issuer: `${ISSUER}/`, audience: ["other", "one-more"] };
    const issuers = [inlineIssuer([key("ES256")]), inlineIssuer([key("RS256")], other)];
    const credential = jwtCredential({ issuers });
    const theirs = { ...GOOD, iss: `${ISSUER}/`, aud: ["unknown", "one-more"] };
    const who = identity(await credential.verify(bearing(await key("RS256").sign(theirs))));
    expect(who.id).toBe("https://issuer.example/#user-1");
    expect(identity(await credential.verify(bearing(await key("ES256").sign(GOOD)))).id).toBe(
      "https://issuer.example#user-1",
    );
    // A good key of another issuer is a foreign key.
    expect(refusal(await credential.verify(bearing(await key("ES256").sign(theirs)))).code).toBe(
      "credential-invalid",
    );
  });

  it("of a service that acts for itself never has the id of a user", async () => {
    const credential = jwtCredential({ issuers: inlineIssuer([key("ES256")]) });
    const { sub: _, ...claims } = GOOD;
    const service = identity(
      await credential.verify(bearing(await key("ES256").sign({ ...claims, client_id: "user-1" }))),
    );
    const user = identity(await credential.verify(bearing(await key("ES256").sign(GOOD))));
    expect(service.subject).toBe(user.subject);
    expect(service.id).not.toBe(user.id);
  });

  it("makes an identity that nobody can change", async () => {
    const credential = jwtCredential({ issuers: inlineIssuer([key("ES256")]) });
    const token = await key("ES256").sign({ ...GOOD, org: { roles: ["reader"] } });
    const who = identity(await credential.verify(bearing(token)));
    const { roles } = who.claims.org as { roles: string[] };
    expect(() => roles.push("admin")).toThrow(TypeError);
    expect(() => Object.assign(who.claims, { sub: "admin" })).toThrow(TypeError);
  });
});

describe("the type of a token", () => {
  it("may be absent, JWT or at+jwt by default, in any case and with application/", async () => {
    const credential = jwtCredential({ issuers: inlineIssuer([key("ES256")]) });
    for (const typ of [undefined, "JWT", "jwt", "at+jwt", "application/AT+JWT"]) {
      expect(identity(await credential.verify(bearing(await key("ES256").sign(GOOD, { typ })))).subject).toBe(
        "user-1",
      );
    }
  });

  it("must be the declared one where one is declared", async () => {
    const credential = jwtCredential({ issuers: inlineIssuer([key("ES256")], { type: "at+jwt" }) });
    expect(
      identity(await credential.verify(bearing(await key("ES256").sign(GOOD, { typ: "at+jwt" })))).subject,
    ).toBe("user-1");
    for (const typ of [undefined, "JWT", "id+jwt"]) {
      const verdict = await credential.verify(bearing(await key("ES256").sign(GOOD, { typ })));
      expect(refusal(verdict).code).toBe("credential-invalid");
    }
  });
});

describe("the Authorization field", () => {
  const present = async (value: (token: string) => string | undefined) => {
    const credential = jwtCredential({ issuers: inlineIssuer([key("ES256")]) });
    const authorization = value(await key("ES256").sign(GOOD));
    return credential.verify(context(authorization === undefined ? {} : { headers: { authorization } }));
  };

  it("is no matter of this credential where it is absent or of another scheme", async () => {
    expect(await present(() => undefined)).toBeUndefined();
    expect(await present(() => "Basic dXNlcjpwYXNz")).toBeUndefined();
    expect(await present((token) => `DPoP ${token}`)).toBeUndefined();
  });

  it("may spell the scheme in any case", async () => {
    expect(identity(await present((token) => `bEaReR  ${token}`)).subject).toBe("user-1");
  });

  it.each<[string, (token: string) => string]>([
    ["two tokens", (token) => `Bearer ${token} ${token}`],
    ["two fields", (token) => `Bearer ${token}, Bearer ${token}`],
    ["another scheme beside it", (token) => `Basic dXNlcjpwYXNz, Bearer ${token}`],
    ["no token", () => "Bearer"],
    ["a quoted token", (token) => `Bearer "${token}"`],
    ["something after it", (token) => `Bearer ${token},`],
  ])("is invalid with %s", async (_, value) => {
    expect(refusal(await present(value)).code).toBe("credential-invalid");
  });
});

describe("time", () => {
  it("lets a token live until its exp and the tolerance, cached or not, and says that it has expired", async () => {
    const now = clock();
    const credential = jwtCredential({ issuers: inlineIssuer([key("ES256")]), tolerance: "5s" }, { now });
    const token = await key("ES256").sign(GOOD);
    const who = identity(await credential.verify(bearing(token)));
    expect(who.expiresAt).toBe(NOW + 605_000);
    now.advance(604_999);
    expect(credential.verify(bearing(token))).toBe(who);
    now.advance(1);
    const { status, challenge, body } = await shown(await credential.verify(bearing(token)));
    expect(status).toBe(401);
    expect(challenge).toBe(
      'Bearer realm="api", error="invalid_token", error_description="The token has expired"',
    );
    expect(body).toMatchObject({ detail: "The token has expired" });
  });

  it("makes a token that was refused as too early acceptable later", async () => {
    const now = clock();
    const credential = jwtCredential({ issuers: inlineIssuer([key("ES256")]), tolerance: "0s" }, { now });
    const token = await key("ES256").sign({ ...GOOD, nbf: SECONDS + 30 });
    expect(refusal(await credential.verify(bearing(token))).details.cause).toBe("the token is not valid yet");
    now.advance(30_000);
    expect(identity(await credential.verify(bearing(token))).subject).toBe("user-1");
  });
});

describe("a token that was verified", () => {
  it("is answered at once, without a promise, with the same identity", async () => {
    const credential = jwtCredential(
      { issuers: inlineIssuer([key("ES256")]) },
      { requirements: { scopes: ["a"] } },
    );
    const token = await key("ES256").sign({ ...GOOD, scope: "a" });
    const who = identity(await credential.verify(bearing(token)));
    expect(credential.verify(bearing(token))).toBe(who);
  });

  it("is judged by each route's own requirements", async () => {
    const { create, options } = await import("../../../src/identity/credentials/jwt.ts");
    const compiled = options().parse({ issuers: inlineIssuer([key("ES256")]) }) as Parameters<
      typeof create
    >[0];
    const deps = { now: () => NOW } as Parameters<typeof create>[2]["deps"];
    const open = create(compiled, {}, { deps });
    const closed = create(compiled, { scopes: ["admin"] }, { deps });
    const token = await key("ES256").sign(GOOD);
    const who = identity(await open.verify(bearing(token)));
    // Verified for the one, so known to the other, which refuses it all the same, every time.
    expect(refusal(closed.verify(bearing(token))).code).toBe("insufficient-rights");
    expect(refusal(closed.verify(bearing(token))).code).toBe("insufficient-rights");
    expect(open.verify(bearing(token))).toBe(who);
  });
});

describe("the largest token", () => {
  it("is the one of maxTokenSize bytes", async () => {
    const token = await key("ES256").sign({ ...GOOD, filler: "x".repeat(600) });
    const limited = (bytes: number) =>
      jwtCredential({ issuers: inlineIssuer([key("ES256")]), maxTokenSize: `${bytes}B` }).verify(
        bearing(token),
      );
    expect(identity(await limited(token.length)).subject).toBe("user-1");
    expect(refusal(await limited(token.length - 1)).details.cause).toBe("the token is too large");
  });
});

describe("a secret that is too weak", () => {
  it("accepts nothing, and says that the gateway is at fault", async () => {
    for (const value of ["", "only thirty-one bytes of secret"]) {
      const secret = secretReference(value);
      const credential = jwtCredential({ issuers: { issuer: ISSUER, audience: AUDIENCE, keys: { secret } } });
      const token = await new SignJWT(GOOD)
        .setProtectedHeader({ alg: "HS256" })
        .sign(new TextEncoder().encode(value.padEnd(31, "x")));
      const { code, details } = refusal(await credential.verify(bearing(token)));
      expect(code).toBe("configuration-missing");
      expect(String(details.cause)).not.toContain(value || "undefined");
    }
  });
});

describe("the token towards the origin", () => {
  it("is withheld unless the declaration forwards it", () => {
    expect(jwtCredential({ issuers: inlineIssuer([key("ES256")]) }).withheld).toEqual(["authorization"]);
    expect(jwtCredential({ issuers: inlineIssuer([key("ES256")]), forwardToken: true }).withheld).toEqual([]);
  });
});
