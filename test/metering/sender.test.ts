import { describe, expect, it } from "vitest";
import { Sender } from "../../src/metering/sender.ts";
import type { Flush, FlushOutcome } from "../../src/stores/meters/meter-store.ts";

const to = { upstream: "billing", path: "/events", everyMs: 1_000, batch: 10 };
const event = { event: "e", value: 1, minute: 1, names: [], values: [], to };

function sending(flush: (flush: Flush) => Promise<FlushOutcome>) {
  const log: Array<Readonly<Record<string, unknown>>> = [];
  const clock = { now: 1_000 };
  let session = 0;
  const sender = new Sender("ada", {
    now: () => clock.now,
    log: (line) => void log.push(line),
    store: { open: async () => ++session, flush: (_, content) => flush(content) },
  });
  return { sender, log, clock };
}

describe("a sender", () => {
  it("writes what comes while a flush is under way together with the next", async () => {
    const flushes: Flush[] = [];
    const { sender } = sending(async (flush) => {
      flushes.push(flush);
      return "counted";
    });
    const writes = Array.from({ length: 100 }, async () => {
      sender.gathering.add(event);
      const written = sender.gathering.written();
      void sender.send();
      await written;
    });
    await Promise.all(writes);
    expect(flushes.reduce((sum, { lines }) => sum + lines[0]!.count, 0)).toBe(100);
    expect(flushes.length).toBeLessThanOrEqual(2);
    expect(flushes.map(({ sequence }) => sequence)).toEqual(flushes.map((_, index) => index + 1));
  });

  it("sends what may have arrived again as it was, and nothing before it", async () => {
    const flushes: Flush[] = [];
    let fails = true;
    const { sender } = sending(async (flush) => {
      flushes.push(structuredClone(flush));
      if (fails) throw new Error("no answer");
      return "known";
    });
    sender.gathering.add(event);
    await expect(sender.send()).rejects.toThrow("no answer");
    sender.gathering.add(event);
    fails = false;
    await sender.send();
    expect(flushes.map(({ sequence, lines }) => [sequence, lines[0]!.count])).toEqual([
      [1, 1],
      [1, 1],
      [2, 1],
    ]);
    expect(sender.isIdle).toBe(true);
  });

  it("opens another session where its own is forgotten, and sends what surely never arrived", async () => {
    const outcomes: FlushOutcome[] = ["counted", "forgotten", "counted"];
    const sessions: number[] = [];
    const { sender, log } = sending(async ({ session }) => {
      sessions.push(session);
      return outcomes.shift()!;
    });
    for (let time = 0; time < 2; time++) {
      sender.gathering.add(event);
      await sender.send();
    }
    expect(sessions).toEqual([1, 1, 2]);
    expect([sender.isIdle, log]).toEqual([true, []]);
  });

  it("says what nobody knows of, and charges it to nobody", async () => {
    let answers = 0;
    const { sender, log } = sending(async () => {
      if (++answers === 1) throw new Error("no answer");
      return "forgotten";
    });
    sender.gathering.add(event);
    await sender.send().catch(() => {});
    await sender.send();
    expect(log).toMatchObject([{ event: "metered-unknown", subject: "ada", lines: [{ count: 1 }] }]);
    expect(answers).toBe(2);
  });

  it("takes over from a hand-over that has died with its request", async () => {
    let hangs = true;
    const { sender, clock } = sending(() => (hangs ? new Promise(() => {}) : Promise.resolve("counted")));
    sender.gathering.add(event);
    void sender.send();
    await Promise.resolve();
    hangs = false;
    clock.now += 20_000;
    await sender.send();
    expect(sender.isIdle).toBe(true);
  });
});
