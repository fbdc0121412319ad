import { beforeAll, describe, expect, it, vi } from "vitest";
import { createKeySets, type Keys } from "../../../src/identity/key-sets.ts";
import { type bearing, clock, context, identity, refusal, type TestKey, testKey } from "../support.ts";
import { HOUR, issuer, KEYS_URL, MINUTE } from "./issuer.ts";

let first: TestKey;
let second: TestKey;

beforeAll(async () => {
  [first, second] = await Promise.all([testKey("ES256", "first"), testKey("ES256", "second")]);
});

describe("keys from an issuer", () => {
  it("are fetched once for all requests that need them at the same time", async () => {
    const { verify, fetchKeySet } = issuer({ keys: [first] });
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => verify(first)));
    for (const verdict of verdicts) expect(identity(verdict).subject).toBe("user-1");
    expect(fetchKeySet).toHaveBeenCalledTimes(1);
  });

  it.each([
    [undefined, 10 * MINUTE],
    ["max-age=1200", 20 * MINUTE],
    ["public, max-age=5", MINUTE],
    ["max-age=86400", HOUR],
    ["no-store", MINUTE],
    ["x-max-age=1200", 10 * MINUTE],
  ])("with Cache-Control %s are fresh for %d ms", async (cacheControl, fresh) => {
    const { now, state, verify, fetchKeySet } = issuer({ keys: [first] });
    if (cacheControl !== undefined) state.headers["cache-control"] = cacheControl;
    await verify(first);
    now.advance(fresh - 1);
    await verify(first);
    expect(fetchKeySet).toHaveBeenCalledTimes(1);
    now.advance(1);
    await verify(first);
    expect(fetchKeySet).toHaveBeenCalledTimes(2);
  });

  it("are refreshed behind the answer for an hour after that", async () => {
    const { now, verify, fetchKeySet } = issuer({ keys: [first] });
    await verify(first);
    now.advance(10 * MINUTE + HOUR - 1);
    fetchKeySet.mockImplementation(() => new Promise(() => {}));
    expect(identity(await verify(first)).subject).toBe("user-1");
    expect(identity(await verify(first)).subject).toBe("user-1");
    expect(fetchKeySet).toHaveBeenCalledTimes(2);
  });

  it("are fetched before the answer when they are older, as a key may have been withdrawn long ago", async () => {
    const { now, state, verify } = issuer({ keys: [first] });
    await verify(first);
    now.advance(10 * MINUTE + HOUR);
    state.keys = [second];
    expect(refusal(await verify(first)).code).toBe("credential-invalid");
  });

  it("are fetched with the context of the request, which outlives its answer for that", async () => {
    const { present, token, fetchKeySet } = issuer({ keys: [first] });
    await present(await token(first));
    const ctx = fetchKeySet.mock.calls[0]?.[1] as ReturnType<typeof bearing>;
    expect(ctx.request.headers.has("authorization")).toBe(true);
    expect(ctx.background).toHaveLength(1);
  });
});

describe("a rotation", () => {
  it("is noticed at the first token with an unknown kid, by all who bring one", async () => {
    const { state, verify, fetchKeySet } = issuer({ keys: [first] });
    await verify(first);
    state.keys = [first, second];
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => verify(second)));
    for (const verdict of verdicts) expect(identity(verdict).subject).toBe("user-1");
    expect(fetchKeySet).toHaveBeenCalledTimes(2);
  });

  it("is looked for no more than every 30 seconds, so that callers cannot make us ask", async () => {
    const { now, state, verify, fetchKeySet } = issuer({ keys: [first] });
    await verify(first);
    for (let attempt = 0; attempt < 10; attempt++) {
      expect(refusal(await verify(second)).code).toBe("credential-invalid");
    }
    expect(fetchKeySet).toHaveBeenCalledTimes(2);
    now.advance(29_999);
    state.keys = [second];
    expect(refusal(await verify(second)).code).toBe("credential-invalid");
    now.advance(1);
    expect(identity(await verify(second)).subject).toBe("user-1");
    expect(fetchKeySet).toHaveBeenCalledTimes(3);
  });

  it("that another request has noticed meanwhile is not looked for again", async () => {
    const now = clock();
    const fetchKeySet = vi.fn(async () => Response.json({ keys: [first.publicJwk] }));
    const set = createKeySets({ now, fetchKeySet }).open({ url: KEYS_URL });
    const seen = (await set.load(context())) as Keys;
    fetchKeySet.mockImplementation(async () => Response.json({ keys: [second.publicJwk] }));
    const newer = await set.reload(seen, context());
    expect(newer?.map(({ kid }) => kid)).toEqual(["second"]);
    expect(await set.reload(seen, context())).toBe(newer);
    expect(await set.reload(newer!, context())).toBeUndefined();
    expect(fetchKeySet).toHaveBeenCalledTimes(2);
  });

  it("of an issuer that names no keys is noticed at the first signature that does not hold", async () => {
    const [old, young] = [await testKey("ES256", null), await testKey("ES256", null)];
    const { state, verify } = issuer({ keys: [old] });
    await verify(old);
    state.keys = [young];
    expect(identity(await verify(young)).subject).toBe("user-1");
    expect(refusal(await verify(old)).code).toBe("credential-invalid");
  });

  it("ends what the withdrawn key has proved, also for tokens that are remembered", async () => {
    const { now, state, present, token, settled } = issuer({ keys: [first] });
    const [old, other] = [await token(first), await token(second)];
    const who = identity(await present(old));
    expect(present(old)).toBe(who);
    state.keys = [second];
    now.advance(10 * MINUTE);
    // Stale keys answer once more while the refresh runs behind them.
    expect(await present(old)).toBe(who);
    await settled();
    expect(refusal(await present(old)).code).toBe("credential-invalid");
    expect(identity(await present(other)).subject).toBe("user-1");
  });

  it("does not make those verify again whose key stays", async () => {
    const { now, state, present, token, settled } = issuer({ keys: [first] });
    const kept = await token(first);
    const who = identity(await present(kept));
    state.keys = [second, first];
    now.advance(10 * MINUTE);
    await present(kept);
    await settled();
    expect(present(kept)).toBe(who);
    // Nor does it lose sight of the key: once it is gone, so is what it proved.
    state.keys = [second];
    now.advance(10 * MINUTE);
    await present(kept);
    await settled();
    expect(refusal(await present(kept)).code).toBe("credential-invalid");
  });
});
