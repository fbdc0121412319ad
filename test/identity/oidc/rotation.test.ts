import { describe, expect, it } from "vitest";
import type { Deps } from "../../../src/deps.ts";
import { type Answer, codeOf, key, MINUTE, TestGateway } from "./support.ts";

/**
 * A provider that rotates refresh tokens, and ends the whole login once one is used again (RFC 9700 §4.14.2). It answers
 * when the test says so.
 */
function strict() {
  const base = new TestGateway({ upstreamToken: true });
  const state = { current: "refresh-0", refreshes: 0, reused: 0, held: false };
  const waiting: Array<() => void> = [];
  const held = Promise.withResolvers<void>();
  const fetch: Deps["fetch"] = async (input, init) => {
    const given = new URLSearchParams(String(init?.body)).get("refresh_token");
    if (given === null) {
      const answer = await base.provider.fetch(input, init);
      if (!String(input).endsWith("/token")) return answer;
      const granted = (await answer.json()) as object;
      return Response.json({ ...granted, refresh_token: state.current });
    }
    state.refreshes++;
    if (given !== state.current) {
      state.reused++;
      state.current = "";
      return Response.json({ error: "invalid_grant" }, { status: 400 });
    }
    state.current = `refresh-${state.refreshes}`;
    if (state.held) {
      held.resolve();
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    const seconds = Math.floor(base.now() / 1_000);
    const claims = {
      iss: "https://login.example",
      aud: "shop",
      sub: "ada",
      iat: seconds,
      exp: seconds + 600,
    };
    return Response.json({
      access_token: `access-${state.refreshes}`,
      token_type: "Bearer",
      id_token: await key.sign(claims),
      expires_in: 300,
      refresh_token: state.current,
    });
  };
  const provider = new Proxy(base.provider, {
    get: (target, name) => (name === "fetch" ? fetch : Reflect.get(target, name)),
    set: (target, name, value) => Reflect.set(target, name, value),
  });
  const beside = { now: base.now, store: base.store, provider } as unknown as TestGateway;
  const isolate = () => new TestGateway({ upstreamToken: true }, beside);
  const answer = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { state, isolate, asked: held.promise, answer, now: base.now };
}

const tokenOf = ({ ctx }: Answer) => ctx.toOrigin?.find(([name]) => name === "authorization")?.[1];
const all = (answers: readonly Answer[]) =>
  new Set(answers.map((each) => `${codeOf(each)} ${tokenOf(each)}`));

describe("requests of one session at the same time", () => {
  it("refresh once in an isolate, and all have the new token", async () => {
    const { state, isolate, now } = strict();
    const gateway = isolate();
    await gateway.logIn();
    const { cookie } = gateway;
    for (let round = 1; round <= 5; round++) {
      now.advance(6 * MINUTE);
      // All with the same cookie, as of a page that loads its parts; from the second round on it is an old one.
      const answers = await Promise.all(Array.from({ length: 25 }, () => gateway.ask(cookie)));
      expect(all(answers)).toEqual(new Set([`ada Bearer access-${round}`]));
      expect(state).toMatchObject({ refreshes: round, reused: 0 });
    }
  });

  it("refresh once over many isolates, warm and cold, whichever of its cookies they bring", async () => {
    const { state, isolate, now } = strict();
    const first = isolate();
    await first.logIn();
    const cookies = [first.cookie];
    const warm = [first, isolate(), isolate()];
    for (let round = 1; round <= 4; round++) {
      now.advance(6 * MINUTE);
      const isolates = [...warm, isolate(), isolate()];
      const answers = await Promise.all(
        isolates.flatMap((each) => cookies.map((cookie) => each.ask(cookie))),
      );
      expect(all(answers)).toEqual(new Set([`ada Bearer access-${round}`]));
      expect(state).toMatchObject({ refreshes: round, reused: 0 });
      cookies.push(first.cookie);
    }
  });

  it("go on with the token that still holds while another refreshes it", async () => {
    const { state, isolate, asked, answer, now } = strict();
    const [one, two] = [isolate(), isolate()];
    await one.logIn();
    const { cookie } = one;
    now.advance(4 * MINUTE + 1_000);
    state.held = true;
    const slow = one.ask(cookie);
    await asked;
    const others = await Promise.all([one.ask(cookie), two.ask(cookie), two.ask(cookie)]);
    expect(all(others)).toEqual(new Set(["ada Bearer access-1"]));
    answer();
    expect(tokenOf(await slow)).toBe("Bearer access-1".replace("1", String(state.refreshes)));
    expect(state).toMatchObject({ refreshes: 1, reused: 0 });
  });

  it("that several rules judge refresh once", async () => {
    const { state, isolate, now } = strict();
    const gateway = isolate();
    await gateway.logIn();
    now.advance(20 * MINUTE);
    const { ctx } = await gateway.ask();
    expect(await gateway.credential.verify(ctx)).toMatchObject({ subject: "ada" });
    expect(state).toMatchObject({ refreshes: 1, reused: 0 });
  });
});
