import { describe, expect, it } from "vitest";
import { codeOf, HOST, ISSUER, key, refused, TestGateway } from "../oidc/support.ts";
import { testKey } from "../support.ts";

const EVENT = "http://schemas.openid.net/event/backchannel-logout";

describe("a session", () => {
  it("that was logged out in one isolate ends there at once, and in others after thirty seconds", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const cookie = gateway.cookie;
    const other = new TestGateway({}, gateway);
    expect(codeOf(await other.ask(cookie))).toBe("ada");
    const headers = { "sec-fetch-site": "same-origin" };
    const out = await gateway.answer("logout", "", "", headers);
    const location = new URL(out.headers.get("location")!);
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      client_id: "shop",
      post_logout_redirect_uri: `https://${HOST}/`,
      id_token_hint: expect.stringMatching(/^ey/),
    });
    expect(gateway.jar.size).toBe(0);
    expect(codeOf(await gateway.ask(cookie))).toBe("credential-invalid");
    expect(codeOf(await other.ask(cookie))).toBe("ada");
    gateway.now.advance(30_000);
    expect(codeOf(await other.ask(cookie))).toBe("credential-invalid");
    expect(codeOf(await new TestGateway({}, gateway).ask(cookie))).toBe("credential-invalid");
  });
});

describe("a logout by the provider", () => {
  /** A logout token at now. */
  const token = (gateway: TestGateway, more: object = {}, header: object = {}, signer = key) => {
    const now = Math.floor(gateway.now() / 1_000);
    const claims = { iss: ISSUER, aud: "shop", iat: now, exp: now + 120, jti: "1", events: { [EVENT]: {} } };
    return signer.sign({ ...claims, ...more }, { typ: "logout+jwt", ...header });
  };
  const send = (gateway: TestGateway, logoutToken: string) =>
    gateway.answer("backChannelLogout", "", new URLSearchParams({ logout_token: logoutToken }).toString());
  const lives = async (gateway: TestGateway) => {
    gateway.now.advance(31_000);
    return codeOf(await gateway.ask()) === "ada";
  };

  it.each([
    ["of a subject", { sub: "ada" }],
    ["of a session", { sid: "sid-1" }],
    ["of a subject's session", { sub: "ada", sid: "sid-1" }],
  ])("%s ends it", async (_, whom) => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const answer = await send(gateway, await token(gateway, whom));
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(codeOf(await gateway.ask())).toBe("credential-invalid");
  });

  it.each([
    ["of another subject", { sub: "grace" }],
    ["of another session", { sub: "ada", sid: "sid-2" }],
    ["of an unknown session", { sid: "sid-2" }],
  ])("%s does not", async (_, whom) => {
    const gateway = new TestGateway();
    await gateway.logIn();
    expect((await send(gateway, await token(gateway, whom))).status).toBe(200);
    expect(await lives(gateway)).toBe(true);
  });

  it("that is replayed later does not end the next session", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const replayed = await token(gateway, { sub: "ada" });
    await send(gateway, replayed);
    gateway.now.advance(61_000);
    await gateway.logIn();
    expect((await send(gateway, replayed)).status).toBe(200);
    expect(await lives(gateway)).toBe(true);
  });

  it("is refused unless it is one, of this provider for this gateway, and of now", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const now = Math.floor(gateway.now() / 1_000);
    const whom = { sub: "ada" };
    const stranger = await testKey("RS256", "key-RS256");
    const bad = await Promise.all([
      gateway.provider.idToken(),
      token(gateway, { ...whom, nonce: "n" }),
      token(gateway, { ...whom, events: undefined }),
      token(gateway, { ...whom, events: { other: {} } }),
      token(gateway, { ...whom, events: { [EVENT]: true } }),
      token(gateway, { ...whom, jti: undefined }),
      token(gateway, {}),
      token(gateway, { sub: 7 }),
      token(gateway, { ...whom, sid: "" }),
      token(gateway, { ...whom, iss: "https://evil.example" }),
      token(gateway, { ...whom, aud: "another" }),
      token(gateway, { ...whom, exp: now - 60 }),
      token(gateway, { ...whom, exp: undefined }),
      token(gateway, { ...whom, iat: now - 600 }),
      token(gateway, { ...whom, iat: undefined }),
      token(gateway, whom, { typ: "at+jwt" }),
      token(gateway, whom, {}, stranger),
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.${(await token(gateway, whom)).split(".")[1]}.`,
      "rubbish",
      "",
    ]);
    for (const [index, each] of bad.entries())
      expect([index, await refused(send(gateway, each))]).toEqual([index, "login-failed"]);
    expect(await lives(gateway)).toBe(true);
  });

  it("is proved by the keys that the provider has by now, asked for no oftener than unknown ones may", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const whom = { sub: "grace" };
    expect((await send(gateway, await token(gateway, whom))).status).toBe(200);
    const next = await testKey("RS256", "next");
    const signed = await token(gateway, whom, {}, next);
    expect(await refused(send(gateway, signed))).toBe("login-failed");
    gateway.provider.keys = [key.publicJwk, next.publicJwk];
    const before = gateway.provider.keysAsked;
    expect(await refused(send(gateway, signed))).toBe("login-failed");
    expect(gateway.provider.keysAsked).toBe(before);
    gateway.now.advance(30_000);
    expect((await send(gateway, await token(gateway, whom, {}, next))).status).toBe(200);
    expect(gateway.provider.keysAsked).toBe(before + 1);
  });

  it("is to be sent again where the provider's keys are not to be had", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    gateway.provider.keys = [];
    expect(await refused(send(gateway, await token(gateway, { sub: "ada" })))).toBe("key-set-unavailable");
    expect(await lives(gateway)).toBe(true);
  });

  it("on the front channel needs the session's own name and its issuer's", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const out = (search: string) => gateway.answer("frontChannelLogout", search);
    const iss = encodeURIComponent(ISSUER);
    for (const search of [
      "",
      "?sid=sid-1",
      `?iss=${iss}`,
      `?iss=${iss}&sid=`,
      "?iss=https://evil.example&sid=sid-1",
    ])
      expect([search, await refused(out(search))]).toEqual([search, "login-failed"]);
    expect((await out(`?iss=${iss}&sid=sid-2`)).status).toBe(200);
    expect(await lives(gateway)).toBe(true);
    expect((await out(`?iss=${iss}&sid=sid-1`)).status).toBe(200);
    expect(gateway.jar.size).toBe(0);
  });
});
