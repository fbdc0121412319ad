import { describe, expect, it } from "vitest";
import { open } from "../../../src/parts/counters.ts";
import type { PartTools } from "../../../src/parts/part.ts";
import { options } from "../../../src/policies/limit/rate-limit.ts";
import type { CounterStore, Shield, Take } from "../../../src/stores/counters/counter-store.ts";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";
import { answer, limiter, START, sharedStore } from "./limited.ts";

const written = { limit: 3, window: "1m", shield: "NEWS_SHIELD" } as const;

/** A limit behind a shield, and how often its store was asked. */
function shielded(shield: Shield | undefined, more: Partial<typeof written> = {}) {
  const local = createMemoryStore(() => START);
  const asked: string[] = [];
  const shared = sharedStore(local) as CounterStore & { remote: true };
  const store: CounterStore = {
    ...shared,
    take: (take: Take) => {
      asked.push(take.key);
      return shared.take(take);
    },
    shield: (name) => (name === "NEWS_SHIELD" ? shield : undefined),
  };
  return { asked, ...limiter({ ...written, ...more }, { store }) };
}

describe("a shield in front of a limit", () => {
  it("refuses without a question to the counters, and says when to come back", async () => {
    const { policy, asked } = shielded({ limit: async () => ({ success: false }) });
    const { status, headers } = await answer(policy);
    expect([status, asked]).toEqual([429, []]);
    expect(Number(headers.get("Retry-After"))).toBeGreaterThanOrEqual(10);
  });

  it("counts by the limit's own key, and what it lets pass the limit decides", async () => {
    const keys: string[] = [];
    const { policy, asked } = shielded({
      limit: async ({ key }) => {
        keys.push(key);
        return { success: true };
      },
    });
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await answer(policy)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(keys).toEqual(asked);
  });

  it.each<[string, Shield | undefined, string]>([
    ["is not there", undefined, "shield NEWS_SHIELD failed: there is no such binding"],
    [
      "fails",
      { limit: () => Promise.reject(new Error("overloaded")) },
      "shield NEWS_SHIELD failed: overloaded",
    ],
    ["answers nonsense", { limit: async () => undefined as never }, "shield NEWS_SHIELD failed: "],
  ])("that %s changes nothing, and the log says so", async (_, shield, note) => {
    const { policy } = shielded(shield);
    const answers = [];
    for (let n = 0; n < 4; n++) answers.push(await answer(policy));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(String(answers[0]!.record.notes)).toContain(note);
  });

  it("is the binding of that name", async () => {
    const binding: Shield = { limit: async () => ({ success: false }) };
    const store = open({
      env: { NEWS_SHIELD: binding, OTHER: "text" },
      exports: { LimiterObject: { getByName: () => undefined } },
      counters: "durable-objects",
      now: () => START,
    } as unknown as PartTools);
    expect(store.remote && [store.shield?.("NEWS_SHIELD"), store.shield?.("NONE")]).toEqual([
      binding,
      undefined,
    ]);
  });

  it("is named as bindings are", () => {
    const parsed = options().safeParse({ ...written, shield: "not a name" });
    expect(parsed.error?.issues.map(({ message }) => message)).toEqual(["must be a binding's name"]);
  });
});
