import { describe, expect, it } from "vitest";
import { refuse } from "../../../src/errors/refusal.ts";
import type { RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import type { CounterStore } from "../../../src/stores/counters/counter-store.ts";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";
import { answer, failing, limiter, START, sharedStore } from "./limited.ts";

const guesses: RateLimitOptions = { name: "guesses", limit: 2, window: "15m", on: "authFailure" };
const wrong = { access: refuse("credential-invalid") };
const none = { access: refuse("credential-missing") };
const lacking = { access: refuse("insufficient-rights") };
const right = { identity: { id: "ada" } };

function guarded(written: RateLimitOptions | readonly RateLimitOptions[] = guesses, store?: CounterStore) {
  const { policy, clock } = limiter(written, { authenticates: true, ...(store && { store }) });
  return {
    clock,
    answer: (caller: Parameters<typeof answer>[1]) => answer(policy, caller),
    statuses: async (...callers: ReadonlyArray<Parameters<typeof answer>[1]>) => {
      const statuses: number[] = [];
      for (const caller of callers) statuses.push((await answer(policy, caller)).status);
      return statuses;
    },
  };
}

describe("a limit on failed authentications", () => {
  it("turns away who has guessed wrong too often, even with a right credential, until the window has passed", async () => {
    const { statuses, clock } = guarded();
    expect(await statuses(wrong, right, wrong, wrong, right, none)).toEqual([401, 200, 401, 429, 429, 429]);
    clock.now += 30 * 60_000;
    expect(await statuses(right, wrong)).toEqual([200, 401]);
  });

  it("counts neither missing credentials nor lacking rights, nor what is right", async () => {
    const { statuses } = guarded();
    const harmless = Array(10).fill([none, lacking, right]).flat();
    expect(new Set(await statuses(...harmless))).toEqual(new Set([401, 403, 200]));
    expect(await statuses(wrong, wrong, right)).toEqual([401, 401, 429]);
  });

  it("tells callers apart by address unless told otherwise", async () => {
    const { statuses } = guarded();
    const elsewhere = { ...wrong, address: "203.0.113.77" };
    expect(await statuses(wrong, wrong, elsewhere, wrong)).toEqual([401, 401, 401, 429]);
    const byKey = guarded({ ...guesses, by: ["headers.x-key"] });
    const with1 = { ...wrong, headers: { "x-key": "1" } };
    expect(await byKey.statuses(with1, with1, with1, wrong)).toEqual([401, 401, 429, 401]);
  });

  it("says how many are left where one has failed, and nothing where none has", async () => {
    const { answer } = guarded();
    expect((await answer(right)).headers.get("RateLimit")).toBeNull();
    const failed = await answer(wrong);
    expect(failed.headers.get("RateLimit-Policy")).toBe('"guesses";q=2;w=900');
    expect(failed.headers.get("RateLimit")).toMatch(/^"guesses";r=1;t=\d+$/);
    await answer(wrong);
    const refused = await answer(wrong);
    expect(refused.body).toMatchObject({
      code: "rate-limited",
      detail: "At most 2 failed authentications per 15m are allowed.",
      "violated-policies": ["guesses"],
    });
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
  });

  it.each([
    ["a local store", () => createMemoryStore(() => START)],
    ["a shared store", () => sharedStore(createMemoryStore(() => START))],
  ])("tells no more failures than it allows to those who come at once, in %s", async (_, open) => {
    const { answer } = guarded(guesses, open());
    const answers = await Promise.all(Array.from({ length: 30 }, () => answer(wrong)));
    const count = (status: number) => answers.filter((each) => each.status === status).length;
    expect([count(401), count(429)]).toEqual([2, 28]);
  });

  it("lets good callers send as many at once as they like", async () => {
    const { answer } = guarded(guesses, sharedStore(createMemoryStore(() => START)));
    const answers = await Promise.all(Array.from({ length: 30 }, () => answer(right)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it("is looked at once for a request whose credential holds, and asked twice for one whose does not", async () => {
    const { answer } = guarded(guesses, sharedStore(createMemoryStore(() => START)));
    expect((await answer(right)).subrequests).toBe(1);
    expect((await answer(wrong)).subrequests).toBe(2);
  });

  it("gives back what other limits took of a request that it turns away", async () => {
    const requests = { name: "requests", limit: 5, window: "1m", by: ["address"] } as const;
    const { statuses, answer } = guarded([requests, guesses]);
    expect(await statuses(wrong, wrong, wrong, wrong, wrong, wrong)).toEqual([401, 401, 429, 429, 429, 429]);
    expect((await answer(right)).headers.get("RateLimit")).toMatch(/"requests";r=3;/);
  });

  it("is one counter for all routes of its group", async () => {
    const store = createMemoryStore(() => START);
    const [a, b] = [
      guarded({ ...guesses, group: "guesses" }, store),
      limiter({ ...guesses, group: "guesses" }, { id: "GET /b", authenticates: true, store }),
    ];
    await a.statuses(wrong, wrong);
    expect((await answer(b.policy, right)).status).toBe(429);
  });

  it("on trial turns nobody away, and says once for each request whom it would have", async () => {
    const { answer } = guarded({ ...guesses, mode: "report" });
    const reported = async (caller: Parameters<typeof answer>[0]) => {
      const { status, record, headers } = await answer(caller);
      expect(headers.get("RateLimit")).toBeNull();
      return [status, record.reported?.length];
    };
    expect(await reported(wrong)).toEqual([401, undefined]);
    expect(await reported(wrong)).toEqual([401, undefined]);
    expect(await reported(wrong)).toEqual([401, 1]);
    expect(await reported(right)).toEqual([200, 1]);
  });

  it("on trial says so too of failures that come at once", async () => {
    const store = sharedStore(createMemoryStore(() => START));
    const { answer } = guarded({ ...guesses, mode: "report" }, store);
    const answers = await Promise.all(Array.from({ length: 30 }, () => answer(wrong)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    const reported = answers.map(({ record }) => record.reported?.length ?? 0);
    expect(reported.sort()).toEqual([0, 0, ...Array(28).fill(1)]);
  });

  it("on trial says once of a request that its store fails what that would have done", async () => {
    const { answer } = guarded({ ...guesses, mode: "report" }, failing);
    const { status, record } = await answer(wrong);
    expect([status, record.reported?.map(({ code }) => code)]).toEqual([401, ["store-unavailable"]]);
  });

  describe("when the store fails", () => {
    it("lets nobody in, unless told otherwise", async () => {
      expect(await guarded(guesses, failing).statuses(right, wrong)).toEqual([503, 503]);
      const allowing = guarded({ ...guesses, onStoreFailure: "allow" }, failing);
      expect(await allowing.statuses(right, wrong)).toEqual([200, 401]);
    });

    it("does not tell whether a credential held that it could not count", async () => {
      const memory = createMemoryStore(() => START);
      const store: CounterStore = {
        ...memory,
        take: () => {
          throw new Error("down");
        },
      };
      expect(await guarded(guesses, store).statuses(right, wrong)).toEqual([200, 503]);
      const allowing = guarded({ ...guesses, onStoreFailure: "allow" }, store);
      expect(await allowing.statuses(wrong)).toEqual([401]);
    });
  });
});
