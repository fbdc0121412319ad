import { afterEach, describe, expect, it, vi } from "vitest";
import { invalidCredential } from "../../src/identity/invalid-credential.ts";
import { useOnce } from "../../src/identity/use-once.ts";
import { asked, surroundings } from "./signatures/support.ts";
import { NOW, refusal } from "./support.ts";

describe("what may be used once", () => {
  afterEach(() => void vi.useRealTimers());
  const use = (deps: ReturnType<typeof surroundings>["deps"], ctx = asked({}), parts = ["a", "b"]) =>
    useOnce(deps, ctx, parts, NOW + 1_000, () => invalidCredential("Test", "a copy"));

  it("may be asked about by several rules for one request", async () => {
    const { deps } = surroundings();
    const ctx = asked({});
    for (const _ of ["the gateway's rule", "the route's"]) expect(await use(deps, ctx)).toBeUndefined();
    expect(refusal(await use(deps)).code).toBe("credential-invalid");
    expect(refusal(await use(deps)).code).toBe("credential-invalid");
  });

  it("is not used by a request that was refused", async () => {
    const { deps } = surroundings();
    await use(deps);
    const copy = asked({});
    for (const _ of [1, 2]) expect(refusal(await use(deps, copy)).code).toBe("credential-invalid");
  });

  it("is not waited for beyond the request's deadline", async () => {
    vi.useFakeTimers();
    const { deps, now } = surroundings({ nonces: { use: () => new Promise(() => {}) } });
    now.advance(29_000);
    const verdict = use(deps);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(refusal(await verdict).code).toBe("store-unavailable");
  });

  it("is told apart by all its parts", async () => {
    const { deps } = surroundings();
    for (const parts of [["a", "b"], ["ab"], ["a", "", "b"], ['a","b'], ["a", "b", ""]])
      expect(await use(deps, asked({}), parts)).toBeUndefined();
  });
});
