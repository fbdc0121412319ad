import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GaugeTools, IsolateGauge } from "../../src/signals/gauge.ts";
import { Signals } from "../../src/signals/signals.ts";
import type { SignalReport, SignalTerms } from "../../src/stores/signals/signal-store.ts";

const TERMS: SignalTerms = {
  to: { upstream: "operations", path: "/hooks" },
  above: { latency: 1_000 },
  recoverBelow: 0.5,
  for: 30_000,
  every: 300_000,
};
const PACE = 5_000;

/** A gauge by a clock of its own, whose waiting the test ends. */
function gaugeAt(begin: number, pace: () => number | undefined = () => PACE) {
  const clock = { now: begin };
  const told: Array<Omit<SignalReport, "isolate">> = [];
  const waits: Array<{ readonly ms: number; readonly end: () => void }> = [];
  const work: Array<Promise<unknown>> = [];
  const tools: GaugeTools = {
    now: () => clock.now,
    wait: (ms) => new Promise((resolve) => void waits.push({ ms, end: resolve })),
    report: async (seen) => {
      told.push(seen);
      return pace();
    },
  };
  const gauge = new IsolateGauge(TERMS, PACE, tools);
  const execution = { waitUntil: (promise: Promise<unknown>) => void work.push(promise) };
  return {
    clock,
    told,
    waits,
    ended: (ms: number, tells = true) => gauge.ended(ms, tells, clock.now, execution),
    refused: () => gauge.refused(clock.now, execution),
    abandoned: (ms: number) => gauge.abandoned(ms),
    /** Lets what waits go on. */
    async handOver() {
      clock.now += waits.at(-1)!.ms;
      for (const { end } of waits.splice(0)) end();
      await Promise.all(work.splice(0));
    },
  };
}

describe("a gauge", () => {
  it("tells once for all that came meanwhile, and then only of what is new", async () => {
    const { ended, refused, abandoned, handOver, told, waits } = gaugeAt(100_000);
    ended(200);
    ended(600);
    ended(2_000);
    ended(300, false);
    refused();
    abandoned(4_000);
    abandoned(100);
    expect(waits.map(({ ms }) => ms)).toEqual([PACE]);
    await handOver();
    expect(told).toEqual([
      { spanMs: PACE, calls: 6, busyMs: 7_200, answers: 4, slow: 2, nearlySlow: 3, refused: 1 },
    ]);
    ended(10);
    await handOver();
    expect(told[1]).toEqual({
      spanMs: PACE,
      calls: 1,
      busyMs: 10,
      answers: 1,
      slow: 0,
      nearlySlow: 0,
      refused: 0,
    });
  });

  it("counts what failed late for slow", async () => {
    const { ended, handOver, told } = gaugeAt(100_000);
    ended(5_000, false);
    await handOver();
    expect(told[0]).toMatchObject({ answers: 1, slow: 1, nearlySlow: 1 });
  });

  it("tells from when it was called again, where it was not for long", async () => {
    const { ended, handOver, told, clock } = gaugeAt(100_000);
    ended(10);
    await handOver();
    clock.now += 3_000;
    ended(10);
    await handOver();
    clock.now += 3_600_000;
    ended(10);
    await handOver();
    expect(told.map(({ spanMs }) => spanMs)).toEqual([PACE, PACE + 3_000, PACE]);
  });

  it("keeps the pace that it is given, and the one that it had where it could not tell", async () => {
    const paces = [20_000, undefined, PACE];
    const { ended, handOver, waits } = gaugeAt(100_000, () => paces.shift());
    const asked: number[] = [];
    for (let n = 0; n < 4; n++) {
      ended(10);
      asked.push(waits.at(-1)!.ms);
      await handOver();
    }
    expect(asked).toEqual([PACE, 20_000, 20_000, PACE]);
  });

  it("tells again though a hand-over has died with its request, or the clock was set back", () => {
    const { ended, waits, clock } = gaugeAt(100_000);
    ended(10);
    clock.now += 2 * PACE;
    ended(10);
    expect(waits).toHaveLength(2);
    clock.now = 50_000;
    ended(10);
    expect(waits).toHaveLength(3);
  });

  it("loses nothing of what it has counted, whenever it tells", async () => {
    const step = fc.oneof(
      fc.record({ ms: fc.nat(3_000), after: fc.nat(4_000) }),
      fc.constant("hand over" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { ended, handOver, told, waits, clock } = gaugeAt(100_000);
        const calls: number[] = [];
        for (const step of steps) {
          if (step === "hand over") {
            if (waits.length > 0) await handOver();
          } else {
            clock.now += step.after;
            ended(step.ms);
            calls.push(step.ms);
          }
        }
        while (waits.length > 0) await handOver();
        const sum = (of: (report: (typeof told)[number]) => number) =>
          told.reduce((total, report) => total + of(report), 0);
        expect(sum(({ calls }) => calls)).toBe(calls.length);
        expect(sum(({ busyMs }) => busyMs)).toBe(calls.reduce((total, ms) => total + ms, 0));
        expect(sum(({ slow }) => slow)).toBe(calls.filter((ms) => ms > 1_000).length);
        expect(sum(({ nearlySlow }) => nearlySlow)).toBe(calls.filter((ms) => ms > 500).length);
        expect(told.every(({ spanMs }) => spanMs >= 1)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe("the signals of an isolate", () => {
  const make = (report: (...args: readonly unknown[]) => Promise<number>) => {
    const lines: object[] = [];
    const signals = new Signals({
      store: { report },
      isolate: "one",
      now: () => 100_000,
      wait: async () => {},
      log: (line) => void lines.push(line),
    });
    return { signals, lines };
  };
  const call = async (signals: Signals, upstream: string) => {
    const work: Array<Promise<unknown>> = [];
    const gauge = signals.gauge(upstream, TERMS);
    gauge.ended(5, true, 100_000, { waitUntil: (promise) => void work.push(promise) });
    await Promise.all(work);
  };

  it("are one an upstream, however many ask for it, and say whose they are", async () => {
    const told: unknown[] = [];
    const { signals } = make(async (...args) => {
      told.push(args);
      return 1;
    });
    expect(signals.gauge("shop", TERMS)).toBe(signals.gauge("shop", TERMS));
    expect(signals.gauge("shop", TERMS)).not.toBe(signals.gauge("stock", TERMS));
    await call(signals, "shop");
    expect(told).toEqual([["shop", TERMS, expect.objectContaining({ isolate: "one", calls: 1 })]]);
  });

  it("that cannot be told are logged, and fail nothing", async () => {
    const { signals, lines } = make(() => Promise.reject(new Error("down")));
    await call(signals, "shop");
    expect(lines).toEqual([
      expect.objectContaining({ level: "warn", event: "signals-not-told", upstream: "shop" }),
    ]);
  });
});
