import { beforeAll, describe, expect, it, vi } from "vitest";
import { options } from "../../../src/identity/credentials/jwt.ts";
import { parseRevocationList } from "../../../src/identity/jwt/revocation-list.ts";
import { upstream as declareUpstream } from "../../../src/upstream/declare.ts";
import type { Upstream } from "../../../src/upstream/upstream.ts";
import {
  bearing,
  clock,
  GOOD,
  identity,
  inlineIssuer,
  jwtCredential,
  refusal,
  SECONDS,
  type TestKey,
  testKey,
} from "../support.ts";

let key: TestKey;
/** Ms. The tests' tokens live longer than any of them. */
const MINUTE = 60_000;
const lasting = { ...GOOD, exp: GOOD.exp + 86_400, jti: "token-1" };

beforeAll(async () => {
  key = await testKey("ES256");
});

/** A credential whose issuer's list the test writes. */
function issuer(first: unknown = {}) {
  const now = clock();
  const state = { list: first };
  const answer = async () => Response.json(state.list);
  const send = vi.fn<Upstream["send"]>(answer);
  const revoked = {
    upstream: declareUpstream("issuer", { origin: "https://issuer.example" }),
    path: "/revoked",
    every: "1m",
    maxStale: "10m",
  };
  const credential = jwtCredential(
    { issuers: inlineIssuer([key], { revoked }) },
    { now, upstream: { name: "issuer", send } },
  );
  let settled: ReadonlyArray<Promise<unknown>> = [];
  return {
    now,
    state,
    send,
    async present(claims: object = {}) {
      const ctx = bearing(await key.sign({ ...lasting, ...claims }));
      const verdict = await credential.verify(ctx);
      settled = ctx.background;
      return verdict;
    },
    settled: async () => void (await Promise.all(settled)),
    fail: () => send.mockImplementation(() => Promise.reject(new Error("refused"))),
    recover: () => send.mockImplementation(answer),
  };
}

describe("a token that its issuer has taken back", () => {
  it.each([
    ["by its id", { jti: ["token-0", "token-1"] }],
    ["with its subject", { sub: ["user-1"] }],
    ["with all of its subject's before a time", { before: { "user-1": SECONDS } }],
  ])("%s is refused, and others are not", async (_, list) => {
    const { present } = issuer(list);
    expect(refusal(await present())).toMatchObject({
      code: "credential-invalid",
      details: { cause: "the token is revoked" },
    });
    const other = { jti: "token-2", sub: "user-2" };
    expect(identity(await present(other)).subject).toBe("user-2");
  });

  it("of a subject whose tokens are dated holds from that time on, and never without a date", async () => {
    const { present } = issuer({ before: { "user-1": SECONDS - 60 } });
    expect(identity(await present({ iat: SECONDS - 60 })).subject).toBe("user-1");
    expect(refusal(await present({ iat: SECONDS - 61 })).code).toBe("credential-invalid");
    expect(refusal(await present({ iat: undefined })).code).toBe("credential-invalid");
  });

  it("is refused though it is remembered, no later than two periods after", async () => {
    const { now, state, send, present, settled } = issuer();
    identity(await present());
    state.list = { jti: ["token-1"] };
    now.advance(MINUTE - 1);
    identity(await present());
    expect(send).toHaveBeenCalledTimes(1);
    // Due: this one still goes by the old list, and has the new one fetched behind its answer.
    now.advance(1);
    identity(await present());
    await settled();
    expect(refusal(await present()).code).toBe("credential-invalid");
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("is refused at once where the list has not been asked for in two periods", async () => {
    const { now, state, present } = issuer();
    identity(await present());
    state.list = { sub: ["user-1"] };
    now.advance(2 * MINUTE);
    expect(refusal(await present()).code).toBe("credential-invalid");
  });
});

describe("a list", () => {
  it("that cannot be had lets nobody in", async () => {
    const { present, fail, recover, now } = issuer();
    fail();
    expect(refusal(await present()).code).toBe("verification-unavailable");
    recover();
    now.advance(1_000);
    expect(identity(await present()).subject).toBe("user-1");
  });

  it("serves on while its upstream fails, until it is too old", async () => {
    const { present, fail, now } = issuer({ jti: ["gone"] });
    identity(await present());
    fail();
    now.advance(10 * MINUTE - 1);
    identity(await present());
    expect(refusal(await present({ jti: "gone" })).code).toBe("credential-invalid");
    now.advance(1);
    expect(refusal(await present()).code).toBe("verification-unavailable");
  });

  it("that fails is not asked for more than once a second", async () => {
    const { present, fail, send, now } = issuer();
    fail();
    await present();
    await present();
    now.advance(999);
    await present();
    expect(send).toHaveBeenCalledTimes(1);
    now.advance(1);
    await present();
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("is asked for once by all that wait for it", async () => {
    const { present, send } = issuer();
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => present()));
    for (const verdict of verdicts) identity(verdict);
    expect(send).toHaveBeenCalledTimes(1);
    const [[request]] = send.mock.calls as unknown as [[{ path: string; headers: Headers }]];
    expect([request.path, [...request.headers.keys()]]).toEqual(["/revoked", ["accept"]]);
  });

  it.each([
    ["[]"],
    ['"jti"'],
    ["null"],
    ['{"jtis":["token-1"]}'],
    ['{"jti":"token-1"}'],
    ['{"sub":[1]}'],
    ['{"before":{"user-1":"now"}}'],
    ['{"before":["user-1"]}'],
    ["<html>"],
  ])("that reads %s is none", async (text) => {
    expect(() => parseRevocationList(text)).toThrow();
    const { present, send } = issuer();
    send.mockImplementation(async () => new Response(text));
    expect(refusal(await present()).code).toBe("verification-unavailable");
  });

  it("that is too large, or not a 200, is none", async () => {
    for (const answer of [
      () => new Response(JSON.stringify({ jti: ["x".repeat(1024 * 1024)] })),
      () => new Response("{}", { status: 404 }),
      () => new Response(null, { status: 302, headers: { location: "/" } }),
    ]) {
      const { present, send } = issuer();
      send.mockImplementation(async () => answer());
      expect(refusal(await present()).code).toBe("verification-unavailable");
    }
  });

  it("that may grow too old before it is asked for again is a fault of the declaration", () => {
    const upstream = declareUpstream("issuer", { origin: "https://issuer.example" });
    const revoked = { upstream, path: "/revoked", every: "1m", maxStale: "90s" };
    const { error } = options().safeParse({ issuers: inlineIssuer([key], { revoked }) });
    expect(error?.issues[0]?.path).toEqual(["issuers", "revoked", "maxStale"]);
  });
});
