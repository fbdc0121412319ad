import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  cacheApiKeySets,
  type SharedKeySet,
  type SharedKeySets,
} from "../../../src/identity/keys/shared-key-sets.ts";
import { identity, refusal, type TestKey, testKey } from "../support.ts";
import { HOUR, issuer, MINUTE, turn } from "./issuer.ts";

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

function tier(): SharedKeySets {
  const sets = new Map<string, SharedKeySet>();
  return {
    read: async (id) => sets.get(id),
    write: async (id, set) => void sets.set(id, set),
  };
}

describe("the shared tier", () => {
  it("gives a cold isolate the keys that a neighbour fetched, for as long as they are fresh there", async () => {
    const shared = tier();
    await issuer({ keys: [first], shared }).verify(first);
    const cold = issuer({ keys: [first], shared });
    cold.now.advance(9 * MINUTE);
    expect(identity(await cold.verify(first)).subject).toBe("user-1");
    expect(cold.fetchKeySet).not.toHaveBeenCalled();
    cold.now.advance(MINUTE);
    await cold.verify(first);
    await cold.settled();
    expect(cold.fetchKeySet).toHaveBeenCalledTimes(1);
  });

  it("gives stale keys to a cold isolate whose issuer fails, for a day from their fetch", async () => {
    const shared = tier();
    await issuer({ keys: [first], shared }).verify(first);
    const cold = issuer({ keys: [first], shared });
    cold.fail();
    cold.now.advance(24 * HOUR - 1);
    expect(identity(await cold.verify(first)).subject).toBe("user-1");
    const late = issuer({ keys: [first], shared });
    late.fail();
    late.now.advance(24 * HOUR);
    expect(refusal(await late.verify(first)).code).toBe("key-set-unavailable");
  });

  it("is passed over for an unknown kid: only the issuer knows", async () => {
    const { state, verify, fetchKeySet } = issuer({ keys: [first], shared: tier() });
    await verify(first);
    state.keys = [second];
    expect(identity(await verify(second)).subject).toBe("user-1");
    expect(fetchKeySet).toHaveBeenCalledTimes(2);
  });

  const foreign = () => JSON.stringify({ keys: [second.publicJwk] });
  const readers: Record<string, SharedKeySets["read"]> = {
    "it fails": () => Promise.reject(new Error("no cache here")),
    "it hangs": () => new Promise(() => {}),
    "it holds no key set": async () => ({ text: "<html>", fetchedAt: 1, freshUntil: Number.MAX_VALUE }),
    "it holds one from the future": async () => ({
      text: foreign(),
      fetchedAt: Number.MAX_VALUE,
      freshUntil: Number.MAX_VALUE,
    }),
    "it holds one without dates": async () => ({
      text: foreign(),
      fetchedAt: Number.NaN,
      freshUntil: Number.NaN,
    }),
  };
  it.each(Object.keys(readers))("is of no account where %s", async (name) => {
    const write = () => Promise.reject(new Error("no cache here"));
    const { token, present, fetchKeySet } = issuer({
      keys: [first],
      shared: { read: readers[name]!, write },
    });
    const verdict = present(await token(first));
    await turn();
    await vi.advanceTimersByTimeAsync(500);
    expect(identity(await verdict).subject).toBe("user-1");
    expect(fetchKeySet).toHaveBeenCalledTimes(1);
  });
});

describe("the Cache API as that tier", () => {
  const set = { text: '{"keys":[]}', fetchedAt: 1_000, freshUntil: 2_000 };

  it("gives back what was written, by its source", async () => {
    const shared = cacheApiKeySets(() => caches.open("shared-key-sets-test"));
    await shared.write("https://issuer.example/keys?a=b", set, 60);
    expect(await shared.read("https://issuer.example/keys?a=b")).toEqual(set);
    expect(await shared.read("https://issuer.example/keys")).toBeUndefined();
  });

  it("keeps it for as long as it is of use", async () => {
    const put = vi.fn(async (_: RequestInfo | URL, __: Response) => {});
    await cacheApiKeySets(async () => ({ put }) as unknown as Cache).write("id", set, 60);
    expect(put.mock.calls[0]?.[1].headers.get("cache-control")).toBe("max-age=60");
  });
});
