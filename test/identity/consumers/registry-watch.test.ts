import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, KnownAnswers } from "../../../src/identity/consumers/known-answers.ts";
import { RegistryWatch } from "../../../src/identity/consumers/registry-watch.ts";
import type { RegistryNews } from "../../../src/stores/consumers/registry-news.ts";
import { request, STALENESS } from "./support.ts";

/** A key as the registry has it: until when it held. */
interface Known extends Answer {
  readonly consumer: string;
}

const CONSUMERS = ["a", "b", "c"] as const;

/**
 * A registry whose every question is judged when the test says so, and whose every answer arrives when the test says so:
 * a key of each consumer, which is revoked once.
 */
function slowRegistry() {
  const lines: string[] = [];
  const revokedAt = new Map<string, number>();
  const sent: Array<() => void> = [];
  const judged: Array<() => void> = [];
  const call = <T>(judge: () => T) =>
    new Promise<T>((resolve) => {
      sent.push(() => {
        const answer = judge();
        judged.push(() => resolve(answer));
      });
    });
  return {
    sent,
    judged,
    lines,
    revokedAt,
    revoke(consumer: string) {
      if (revokedAt.has(consumer)) return;
      revokedAt.set(consumer, Date.now());
      lines.push(consumer);
    },
    find: (name: string) => call(() => (revokedAt.has(name) ? undefined : { consumer: name })),
    news: (since: number | undefined) =>
      call(
        (): RegistryNews => ({
          line: lines.length,
          consumers: since === undefined ? undefined : [...new Set(lines.slice(since))],
        }),
      ),
  };
}

function isolateOf(registry: ReturnType<typeof slowRegistry>) {
  const watch = new RegistryWatch({
    registry,
    now: Date.now,
    changed: (consumers) => answers.forgetOf(consumers),
  });
  const answers: KnownAnswers<{ consumer: string }, Known> = new KnownAnswers(
    {
      find: registry.find,
      ready: ({ consumer }, askedAt) => ({ consumer, askedAt, expiresAt: Number.POSITIVE_INFINITY }),
      consumerOf: (_, { consumer }) => consumer,
    },
    watch,
    Date.now,
  );
  return answers;
}

beforeEach(() => void vi.useFakeTimers({ now: 1_795_132_800_000 }));
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);
/** Judges and delivers all questions, and those that come of them. */
async function answerAll({ sent, judged }: ReturnType<typeof slowRegistry>) {
  for (let round = 0; round < 5; round++) {
    for (const judge of sent.splice(0)) judge();
    for (const deliver of judged.splice(0)) deliver();
    await settle();
  }
}

describe("what an isolate knows of many keys in use", () => {
  it("is soon asked about in one question for all", async () => {
    const registry = slowRegistry();
    const find = vi.spyOn(registry, "find");
    const news = vi.spyOn(registry, "news");
    const answers = isolateOf(registry);
    for (const name of CONSUMERS) void answers.ask(name, request());
    await answerAll(registry);
    for (let second = 0; second < 300; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      for (const name of CONSUMERS) expect(answers.known(name, STALENESS, request())).toBeDefined();
      await answerAll(registry);
    }
    // Twice behind the answer: the first time the watch had not begun.
    expect(find).toHaveBeenCalledTimes(3 * CONSUMERS.length);
    expect(news.mock.calls.length).toBeGreaterThan(10);
    expect(news.mock.calls.length).toBeLessThan(16);
  });

  it("is lost for the consumer alone that was changed", async () => {
    const registry = slowRegistry();
    const answers = isolateOf(registry);
    const look = async () => {
      const found = CONSUMERS.filter((name) => answers.known(name, STALENESS, request()) !== undefined);
      await answerAll(registry);
      return found;
    };
    for (const name of CONSUMERS) void answers.ask(name, request());
    await answerAll(registry);
    for (let second = 0; second < 60; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      await look();
    }
    registry.revoke("b");
    for (let second = 0; second < 24; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      await look();
    }
    expect(await look()).toEqual(["a", "c"]);
  });

  it("is asked about key by key where the watch gets no answer, and believed no longer than the bound", async () => {
    const registry = slowRegistry();
    registry.news = () => new Promise(() => {});
    const answers = isolateOf(registry);
    void answers.ask("a", request());
    await answerAll(registry);
    registry.revoke("a");
    for (let second = 0; second < 30; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      answers.known("a", STALENESS, request());
      await answerAll(registry);
    }
    expect(answers.known("a", STALENESS, request())).toBeUndefined();
  });
});

/** An isolate that has been busy for a while: its watch has begun. */
async function busyIsolate() {
  const registry = slowRegistry();
  const answers = isolateOf(registry);
  const look = (name: string) => {
    const known = answers.known(name, STALENESS, request());
    if (known === undefined) void Promise.resolve(answers.ask(name, request())).catch(() => {});
    return known;
  };
  for (let round = 0; round < 4; round++) {
    if (round > 0) await vi.advanceTimersByTimeAsync(23_000);
    for (const name of ["a", "b"]) look(name);
    await settle();
    await answerAll(registry);
  }
  expect(registry.sent).toEqual([]);
  return { registry, look };
}

/** Has the isolate ask what is new, and nothing answered yet. */
async function askNews({ registry, look }: Awaited<ReturnType<typeof busyIsolate>>) {
  while (registry.sent.length === 0) {
    await vi.advanceTimersByTimeAsync(1_000);
    look("a");
    await settle();
  }
}

describe("an answer that is on its way while its consumer is changed", () => {
  it("is not kept, though the news of the change come before it", async () => {
    const isolate = await busyIsolate();
    const { registry, look } = isolate;
    await askNews(isolate);
    expect(look("c")).toBeUndefined();
    await settle();
    const [news, find] = registry.sent.splice(0);
    find!();
    registry.revoke("c");
    news!();
    const [found, told] = registry.judged.splice(0);
    told!();
    await settle();
    found!();
    await settle();
    await answerAll(registry);
    expect(look("c")).toBeUndefined();
  });

  it("of the watch counts from when it was asked for", async () => {
    const isolate = await busyIsolate();
    const { registry, look } = isolate;
    await askNews(isolate);
    registry.sent.splice(0)[0]!();
    registry.revoke("a");
    await vi.advanceTimersByTimeAsync(2_500);
    registry.judged.splice(0)[0]!();
    await settle();
    await vi.advanceTimersByTimeAsync(STALENESS - 2_501);
    expect(look("a")).toBeDefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(look("a")).toBeUndefined();
  });
});

describe("whatever the order in which questions are judged and answers arrive", () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("request" as const), n: fc.nat(2) }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("wait" as const), n: fc.integer({ min: 1, max: 12_000 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("judge" as const), n: fc.nat(5) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("deliver" as const), n: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("revoke" as const), n: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const), n: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("answerAll" as const), n: fc.constant(0) }) },
  );

  it("nobody is let in by a key that was revoked longer ago than the bound", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 100 }), async (steps) => {
        const { registry, look } = await busyIsolate();
        const letIn = (name: string) => {
          const { [name]: since = Date.now() } = Object.fromEntries(registry.revokedAt);
          if (look(name) !== undefined) expect(Date.now() - since).toBeLessThan(STALENESS);
        };
        for (const { do: what, n } of steps) {
          if (what === "request") letIn(CONSUMERS[n]!);
          else if (what === "wait") await vi.advanceTimersByTimeAsync(n);
          else if (what === "judge") registry.sent.splice(n, 1)[0]?.();
          else if (what === "deliver") registry.judged.splice(n, 1)[0]?.();
          else if (what === "lose") registry.judged.splice(n, 1);
          else if (what === "revoke") registry.revoke(CONSUMERS[n]!);
          else await answerAll(registry);
          await settle();
        }
      }),
      { numRuns: 60 },
    );
  });
});
