import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ISSUER, identity, refusal, type TestKey, testKey } from "../support.ts";
import { HOUR, issuer, KEYS_URL, MINUTE, turn } from "./issuer.ts";

let first: TestKey;
let second: TestKey;

beforeAll(async () => {
  [first, second] = await Promise.all([testKey("ES256", "first"), testKey("ES256", "second")]);
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("an issuer that fails", () => {
  it("from the start is 503, asked again after 1, 2, 4 … 60 seconds", async () => {
    const { now, verify, fetchKeySet, fail, recover } = issuer({ keys: [first] });
    fail();
    let calls = 0;
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const { code, details } = refusal(await verify(first));
      expect(code).toBe("key-set-unavailable");
      expect(details.headers).toEqual([["retry-after", String(seconds)]]);
      expect(details.cause).toBe(`key set ${KEYS_URL}: connection refused`);
      expect(fetchKeySet).toHaveBeenCalledTimes(++calls);
      now.advance(seconds * 1_000 - 1);
      expect(refusal(await verify(first)).code).toBe("key-set-unavailable");
      expect(fetchKeySet).toHaveBeenCalledTimes(calls);
      now.advance(1);
    }
    recover();
    expect(identity(await verify(first)).subject).toBe("user-1");
  });

  it("later leaves the keys it gave in use for a day, and then no longer", async () => {
    const { now, present, token, verify, fail } = issuer({ keys: [first] });
    const remembered = await token(first);
    await present(remembered);
    fail();
    now.advance(24 * HOUR - 1);
    expect(identity(await verify(first)).subject).toBe("user-1");
    expect(identity(await present(remembered)).subject).toBe("user-1");
    now.advance(1);
    expect(refusal(await verify(first)).code).toBe("key-set-unavailable");
    expect(refusal(await present(remembered)).code).toBe("key-set-unavailable");
    now.advance(MINUTE);
    expect(refusal(await verify(first)).code).toBe("key-set-unavailable");
  });

  it("keeps nobody waiting who has keys to go on with, once it is known to fail", async () => {
    const { now, verify, fetchKeySet, fail } = issuer({ keys: [first] });
    await verify(first);
    fail();
    now.advance(3 * HOUR);
    await verify(first);
    now.advance(MINUTE);
    fetchKeySet.mockImplementation(() => new Promise(() => {}));
    expect(identity(await verify(first)).subject).toBe("user-1");
    expect(fetchKeySet).toHaveBeenCalledTimes(3);
  });

  it("makes an unknown kid 401 and not 503, and is asked again as soon as it may have recovered", async () => {
    const { now, state, verify, fetchKeySet, fail, recover } = issuer({ keys: [first] });
    await verify(first);
    fail();
    expect(refusal(await verify(second)).code).toBe("credential-invalid");
    expect(refusal(await verify(second)).code).toBe("credential-invalid");
    expect(fetchKeySet).toHaveBeenCalledTimes(2);
    recover();
    state.keys = [second];
    now.advance(1_000);
    expect(identity(await verify(second)).subject).toBe("user-1");
  });

  const unusable: Record<string, () => Response> = {
    "an error status": () => Response.json({ keys: [first.publicJwk] }, { status: 500 }),
    "a redirect": () =>
      new Response(null, { status: 302, headers: { location: "https://attacker.example/" } }),
    "no body": () => new Response(null),
    "no JSON": () => new Response("<html>"),
    "another document": () => Response.json({ issuer: ISSUER }),
    "an empty set": () => Response.json({ keys: [] }),
    "only keys that cannot be used": () =>
      Response.json({ keys: [{ ...first.publicJwk, use: "enc" }, null] }),
    "more than 100 keys": () => Response.json({ keys: Array(101).fill(first.publicJwk) }),
    "more than 256 KB": () => Response.json({ keys: [first.publicJwk], filler: "x".repeat(256 * 1024) }),
    "no UTF-8": () => new Response(new Uint8Array([0xff])),
    "a body that breaks off": () =>
      new Response(new ReadableStream({ start: (controller) => controller.error(new Error("reset")) })),
  };
  it.each(Object.keys(unusable))("is one that answers with %s", async (name) => {
    const { verify, fetchKeySet } = issuer({ keys: [first] });
    fetchKeySet.mockImplementation(async () => unusable[name]!());
    expect(refusal(await verify(first)).code).toBe("key-set-unavailable");
  });

  it("is not one that has a single key we cannot use", async () => {
    const { verify, fetchKeySet } = issuer({ keys: [first] });
    const keys = [{ kty: "AKP" }, null, { ...first.publicJwk, kid: 7 }, first.publicJwk];
    fetchKeySet.mockImplementation(async () => Response.json({ keys }));
    expect(identity(await verify(first)).subject).toBe("user-1");
  });

  it("is one that has not answered after 3 seconds; the fetch is told to stop", async () => {
    const { present, token, fetchKeySet } = issuer({ keys: [first] });
    const signals: AbortSignal[] = [];
    fetchKeySet.mockImplementation((_, __, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    const verdict = present(await token(first));
    await turn();
    await vi.advanceTimersByTimeAsync(2_999);
    expect(signals[0]?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(refusal(await verdict).code).toBe("key-set-unavailable");
    expect(signals[0]?.aborted).toBe(true);
  });

  it("is one that has not answered when the request's time is up; others may still have what it asked for", async () => {
    const { now, present, token, fetchKeySet } = issuer({ keys: [first] });
    const answer = Promise.withResolvers<Response>();
    fetchKeySet.mockImplementation(() => answer.promise);
    const hasty = present(await token(first), 1_000);
    const patient = present(await token(first));
    await turn();
    now.advance(1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(refusal(await hasty).code).toBe("key-set-unavailable");
    answer.resolve(Response.json({ keys: [first.publicJwk] }));
    expect(identity(await patient).subject).toBe("user-1");
    expect(fetchKeySet).toHaveBeenCalledTimes(1);
  });

  it("is one whose body never ends", async () => {
    const { present, token, fetchKeySet } = issuer({ keys: [first] });
    const endless = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
    fetchKeySet.mockImplementation(async () => endless());
    const verdict = present(await token(first));
    await turn();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(refusal(await verdict).code).toBe("key-set-unavailable");
  });
});

describe("a fetch that dies with its request", () => {
  /** The platform stops a request by never running it again: its fetch does not settle, its timers do not fire. */
  async function stopped({ present, fetchKeySet }: ReturnType<typeof issuer>, token: string) {
    const timers = vi.spyOn(globalThis, "setTimeout").mockImplementation(() => 0 as never);
    fetchKeySet.mockImplementationOnce(() => new Promise(() => {}));
    void present(token);
    await turn();
    timers.mockRestore();
  }

  it("does not keep those waiting for ever who share it: one of them fetches anew, once for all", async () => {
    const { now, ...one } = issuer({ keys: [first] });
    const tokens = await Promise.all(Array.from({ length: 4 }, () => one.token(first)));
    await stopped({ now, ...one }, tokens[0]!);
    const waiting = tokens.slice(1).map((token) => one.present(token));
    await turn();
    expect(one.fetchKeySet).toHaveBeenCalledTimes(1);
    now.advance(3_600);
    await vi.advanceTimersByTimeAsync(3_600);
    for (const verdict of await Promise.all(waiting)) expect(identity(verdict).subject).toBe("user-1");
    expect(one.fetchKeySet).toHaveBeenCalledTimes(2);
  });

  it("does not end the refreshing of stale keys", async () => {
    const one = issuer({ keys: [first] });
    const token = await one.token(first);
    await one.present(token);
    one.now.advance(10 * MINUTE);
    await stopped(one, token);
    one.state.keys = [second];
    one.now.advance(3_599);
    expect(identity(await one.present(token)).subject).toBe("user-1");
    expect(one.fetchKeySet).toHaveBeenCalledTimes(2);
    one.now.advance(1);
    expect(identity(await one.present(token)).subject).toBe("user-1");
    await one.settled();
    expect(refusal(await one.present(token)).code).toBe("credential-invalid");
  });
});
