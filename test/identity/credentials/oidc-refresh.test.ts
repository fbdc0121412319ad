import { describe, expect, it } from "vitest";
import type { OidcOptions } from "../../../src/identity/credentials/oidc.ts";
import { type Answer, codeOf, MINUTE, TestGateway } from "../oidc/support.ts";

describe("a refresh", () => {
  const refreshing = async (more: Partial<OidcOptions> = {}) => {
    const gateway = new TestGateway({ upstreamToken: true, ...more });
    await gateway.logIn();
    return gateway;
  };
  const refreshes = ({ provider }: TestGateway) =>
    provider.asked.filter((grant) => grant.get("grant_type") === "refresh_token").length;
  const tokenOf = ({ ctx }: Answer) => ctx.toOrigin?.find(([name]) => name === "authorization")?.[1];

  it("is made a minute before the token's end, and the origin is given the new one", async () => {
    const gateway = await refreshing();
    gateway.now.advance(239_000);
    expect(tokenOf(await gateway.ask())).toBe("Bearer access-1");
    expect(refreshes(gateway)).toBe(0);
    gateway.now.advance(2_000);
    const answer = await gateway.ask();
    expect(tokenOf(answer)).toBe("Bearer access-2");
    expect(answer.cookies.join()).toContain("__Host-isogate-auth=");
    expect(tokenOf(await gateway.ask())).toBe("Bearer access-2");
    expect(refreshes(gateway)).toBe(1);
  });

  it("is made once, however many isolates ask with the same cookie, and also once the token is over", async () => {
    const gateway = await refreshing();
    const cookie = gateway.cookie;
    gateway.now.advance(20 * MINUTE);
    const isolates = Array.from({ length: 6 }, () => new TestGateway({ upstreamToken: true }, gateway));
    const answers = await Promise.all(isolates.map((isolate) => isolate.ask(cookie)));
    expect(answers.map(codeOf)).toEqual(answers.map(() => "ada"));
    expect(answers.map(tokenOf)).toEqual(answers.map(() => "Bearer access-2"));
    expect(refreshes(gateway)).toBe(1);
    // The next one goes on from any of the cookies that were given.
    gateway.now.advance(20 * MINUTE);
    expect(tokenOf(await isolates[3]!.ask())).toBe("Bearer access-3");
    expect(codeOf(await isolates[5]!.ask())).toBe("ada");
    expect(refreshes(gateway)).toBe(2);
  });

  it("that the provider refuses ends the session everywhere", async () => {
    const gateway = await refreshing();
    const cookie = gateway.cookie;
    gateway.provider.valid.clear();
    gateway.now.advance(4 * MINUTE + 1_000);
    expect(codeOf(await gateway.ask())).toBe("credential-invalid");
    expect(gateway.jar.size).toBe(0);
    expect(codeOf(await new TestGateway({ upstreamToken: true }, gateway).ask(cookie))).toBe(
      "credential-invalid",
    );
    expect(refreshes(gateway)).toBe(1);
  });

  it("that speaks of somebody else ends the session", async () => {
    const gateway = await refreshing();
    gateway.provider.subject = "grace";
    gateway.now.advance(4 * MINUTE + 1_000);
    expect(codeOf(await gateway.ask())).toBe("credential-invalid");
  });

  it("that fails is no matter while the token holds; then it is 503, until the provider is back", async () => {
    const gateway = await refreshing();
    gateway.provider.down = true;
    gateway.now.advance(4 * MINUTE + 1_000);
    const answer = await gateway.ask();
    expect(tokenOf(answer)).toBe("Bearer access-1");
    expect(answer.ctx.record.notes?.[0]).toMatch(/^oidc: the refresh failed/);
    gateway.now.advance(1 * MINUTE);
    expect(codeOf(await gateway.ask())).toBe("login-unavailable");
    gateway.provider.down = false;
    expect(codeOf(await gateway.ask())).toBe("login-unavailable");
    gateway.now.advance(6_000);
    expect(tokenOf(await gateway.ask())).toMatch(/^Bearer access-/);
  });

  it("that fails ends no session whose token no origin is given", async () => {
    const gateway = await refreshing({ upstreamToken: false });
    gateway.provider.down = true;
    gateway.now.advance(30 * MINUTE);
    const answer = await gateway.ask();
    expect(codeOf(answer)).toBe("ada");
    expect(tokenOf(answer)).toBeUndefined();
  });

  it("is missed where there is no refresh token: the session ends with the token that origins need", async () => {
    const gateway = new TestGateway({ upstreamToken: true });
    gateway.provider.refreshable = false;
    await gateway.logIn();
    gateway.now.advance(299_000);
    expect(codeOf(await gateway.ask())).toBe("ada");
    gateway.now.advance(1_000);
    expect(codeOf(await gateway.ask())).toBe("credential-invalid");
  });
});
