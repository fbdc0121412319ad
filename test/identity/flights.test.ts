import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Budget } from "../../src/budget.ts";
import type { RequestContext } from "../../src/context.ts";
import { Refusal, refuse } from "../../src/errors/refusal.ts";
import { type Decision, Flights } from "../../src/identity/flights.ts";
import type { Identity } from "../../src/identity/identity.ts";
import { context, NOW } from "./support.ts";

const ADA = { id: "issuer#ada", subject: "ada" } as Identity;
const LONGEST = 3_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const request = (ms = 30_000): RequestContext =>
  Object.assign(context(), { budget: new Budget(Date.now() + ms) });

/** Questions that the test answers one by one. */
function asking() {
  const flights = new Flights(LONGEST, Date.now);
  const questions: Array<{ resolve(decision: Decision): void; reject(cause: Error): void }> = [];
  const put = () => new Promise<Decision>((resolve, reject) => questions.push({ resolve, reject }));
  const isAlone = ({ details }: Refusal) => details.cause === "alone";
  const ask = (ms?: number, key = "token") =>
    flights.ask(key, request(ms), put, isAlone).then(
      (decision) => (decision instanceof Refusal ? decision.code : decision.subject),
      (cause: Error) => cause.message,
    );
  return { questions, ask, settled: () => vi.advanceTimersByTimeAsync(0) };
}

describe("a question that many have at the same time", () => {
  it("is asked once, and all go by the answer", async () => {
    const { questions, ask } = asking();
    const all = Promise.all(Array.from({ length: 50 }, () => ask()));
    expect(questions).toHaveLength(1);
    questions[0]!.resolve(ADA);
    expect(new Set(await all)).toEqual(new Set(["ada"]));
    const next = ask();
    expect(questions).toHaveLength(2);
    questions[1]!.resolve(refuse("credential-invalid"));
    expect(await next).toBe("credential-invalid");
  });

  it("is another where anything tells it apart", async () => {
    const { questions, ask } = asking();
    void ask(undefined, "token");
    void ask(undefined, "another");
    expect(questions).toHaveLength(2);
  });

  it("is put anew once, by one for all, where it failed", async () => {
    const { questions, ask, settled } = asking();
    const [first, ...others] = Array.from({ length: 20 }, () => ask());
    questions[0]!.resolve(refuse("verification-unavailable"));
    expect(await first).toBe("verification-unavailable");
    await settled();
    expect(questions).toHaveLength(2);
    questions[1]!.resolve(ADA);
    expect(new Set(await Promise.all(others))).toEqual(new Set(["ada"]));
  });

  it("is not put for ever while it fails", async () => {
    const { questions, ask, settled } = asking();
    const all = Array.from({ length: 20 }, () => ask());
    for (let count = 0; count < 2; count++) {
      questions[count]!.reject(new Error("refused"));
      await settled();
    }
    expect(new Set(await Promise.all(all))).toEqual(new Set(["refused"]));
    expect(questions).toHaveLength(2);
  });

  it("that is lost with its request keeps the others no longer than its bound", async () => {
    const { questions, ask } = asking();
    // The runtime calls off what a request does that has gone: its question never ends.
    void ask();
    const others = [ask(), ask()];
    await vi.advanceTimersByTimeAsync(LONGEST - 1);
    expect(questions).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(questions).toHaveLength(2);
    const late = ask();
    questions[1]!.resolve(ADA);
    expect(await Promise.all([...others, late])).toEqual(["ada", "ada", "ada"]);
    // Should the lost one come back after all, it harms nobody.
    questions[0]!.resolve(refuse("credential-invalid"));
    const again = ask();
    questions[2]!.resolve(ADA);
    expect(await again).toBe("ada");
  });

  it("keeps nobody longer than it has time", async () => {
    const { questions, ask } = asking();
    const [first, hurried] = [ask(), ask(100)];
    await vi.advanceTimersByTimeAsync(100);
    expect(await hurried).toBe("no answer in time");
    questions[0]!.resolve(ADA);
    expect([await first, questions.length]).toEqual(["ada", 1]);
  });

  it("is asked for each alone where the answer holds something of the asker's own", async () => {
    const { questions, ask, settled } = asking();
    const all = [ask(), ask(), ask()];
    questions[0]!.resolve(refuse("credential-missing", { cause: "alone" }));
    await settled();
    expect(questions).toHaveLength(3);
    questions[1]!.resolve(ADA);
    questions[2]!.resolve(refuse("credential-missing", { cause: "alone" }));
    expect(await Promise.all(all)).toEqual(["credential-missing", "ada", "credential-missing"]);
  });
});
