import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sender } from "../../src/metering/sender.ts";
import { memoryTables } from "../../src/stores/meters/memory-tables.ts";
import { MeterBook } from "../../src/stores/meters/meter-book.ts";
import type { Flush } from "../../src/stores/meters/meter-store.ts";
import type { Batch } from "../../src/stores/meters/tables.ts";

const TO = { upstream: "billing", path: "/events", everyMs: 10_000, batch: 2 };
const START = 1_800_000_000_000;

interface Received {
  readonly id: string;
  readonly data: { readonly value: number };
}

/**
 * A consumer's object, isolates that send to it, and a receiver: each may die, and every message be lost on its way there
 * or back, or come again late. Events are told apart by what they count: powers of four, so that a sum says which are in it, and whether one is twice.
 */
class World {
  now = START;
  readonly #tables = memoryTables();
  #ids = 0;
  #book = this.#newBook();
  /** Flushes that were sent: each may come again, or first, at any time. */
  readonly late: Flush[] = [];
  /** What the receiver has by idempotency key: bodies must agree. */
  readonly had = new Map<string, string>();
  /** What becomes of the next message to the object: arrives, is lost, or its answer is. */
  fate: "arrives" | "lost" | "answer lost" = "arrives";
  readonly unknown: number[] = [];
  kills = 0;

  #newBook(): MeterBook {
    return new MeterBook(this.#tables, { id: () => `batch-${++this.#ids}`, random: () => 0 });
  }

  /** The object dies and comes back: what is on disk is there. */
  killObject(): void {
    this.kills++;
    this.#book = this.#newBook();
  }

  isolate(): Sender {
    const meet = <T>(work: () => T): T => {
      const { fate } = this;
      this.fate = "arrives";
      if (fate === "lost") throw new Error("lost");
      const said = work();
      if (fate === "answer lost") throw new Error("no answer");
      return said;
    };
    return new Sender("ada", {
      now: () => this.now,
      log: (line) => {
        if (line.event === "metered-unknown")
          for (const { value } of line.lines as Array<{ value: number }>) this.unknown.push(value);
      },
      store: {
        open: async (subject) => meet(() => this.#book.open(subject, this.now)),
        flush: async (_, flush) => {
          this.late.push(structuredClone(flush));
          return meet(() => this.#book.flush(flush, this.now));
        },
      },
    });
  }

  again(index: number): void {
    const flush = this.late[index % Math.max(1, this.late.length)];
    if (flush !== undefined) this.#book.flush(flush, this.now);
  }

  forget(): void {
    this.now += 2 * 86_400_000;
    this.#book.open("ada", this.now);
  }

  /** The alarm, with what the receiver does and when the object dies. */
  alarm(receiver: "200" | "never" | "500" | "late" | "dies", dies: "before" | "between" | "no"): void {
    this.now += 1_000_000;
    this.#book.outbox.gather(this.now);
    if (dies === "before") {
      this.killObject();
      return;
    }
    for (const batch of this.#book.outbox.due(this.now)) {
      const status = this.receive(batch, receiver);
      if (dies === "between") {
        this.killObject();
        return;
      }
      this.#book.outbox.sent(batch, status === undefined ? { failure: "none" } : { status }, this.now);
    }
  }

  receive({ id, body }: Batch, receiver: string): number | undefined {
    if (receiver === "never") return undefined;
    if (receiver === "500") return 500;
    expect(this.had.get(id) ?? body).toBe(body);
    this.had.set(id, body);
    // It has it, but does not come to say so.
    return receiver === "200" ? 200 : undefined;
  }

  /** Sum of what has been delivered, each batch once. */
  delivered(): bigint {
    let sum = 0n;
    for (const body of this.had.values())
      for (const { data } of JSON.parse(body) as Received[]) sum += BigInt(data.value);
    return sum;
  }

  get left(): number {
    const { gathering, batches } = this.#book.outboxState();
    return gathering + batches.length;
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("event" as const), isolate: fc.nat(2) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      isolate: fc.nat(2),
      fate: fc.constantFrom("arrives" as const, "lost" as const, "answer lost" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("kill isolate" as const), isolate: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.constant({ do: "kill object" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("again" as const), index: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.constant({ do: "forget" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("alarm" as const),
      receiver: fc.constantFrom("200" as const, "never" as const, "500" as const, "late" as const),
      dies: fc.constantFrom("before" as const, "between" as const, "no" as const),
    }),
  },
);

describe("metered events", () => {
  it("are delivered once each, once acknowledged, whatever dies and whenever", async () => {
    let kills = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
        const world = new World();
        const isolates = [0, 1, 2].map(() => ({ sender: world.isolate(), unsent: 0n }));
        let number = 0n;
        let acknowledged = 0n;
        let open = 0n;
        for (const each of steps) {
          if (each.do === "event" && number < 25n) {
            const isolate = isolates[each.isolate]!;
            const value = 1n << (2n * number++);
            isolate.sender.gathering.add({
              event: "api.call",
              value: Number(value),
              minute: START / 60_000,
              names: [],
              values: [],
              to: TO,
            });
            isolate.unsent += value;
          } else if (each.do === "send") {
            const isolate = isolates[each.isolate]!;
            world.fate = each.fate;
            await isolate.sender.send().catch(() => {});
            world.fate = "arrives";
            if (isolate.sender.isIdle) {
              acknowledged += isolate.unsent;
              isolate.unsent = 0n;
            }
          } else if (each.do === "kill isolate") {
            kills++;
            open += isolates[each.isolate]!.unsent;
            isolates[each.isolate] = { sender: world.isolate(), unsent: 0n };
          } else if (each.do === "kill object") world.killObject();
          else if (each.do === "again") world.again(each.index);
          else if (each.do === "forget") world.forget();
          else if (each.do === "alarm") world.alarm(each.receiver, each.dies);
        }
        for (const isolate of isolates) {
          await isolate.sender.send();
          expect(isolate.sender.isIdle).toBe(true);
          acknowledged += isolate.unsent;
        }
        for (const flush of world.late.keys()) world.again(flush);
        for (let round = 0; world.left > 0 && round < 200; round++) world.alarm("200", "no");
        expect(world.left).toBe(0);
        kills += world.kills;
        const delivered = world.delivered();
        // What the log says nobody knows of was not acknowledged, and was counted once or never.
        const unknown = world.unknown.reduce((sum, value) => sum + BigInt(value), 0n);
        const surely = acknowledged & ~unknown;
        expect(delivered & surely).toBe(surely);
        // A sum with anything twice in it would hold what was never sent.
        expect(delivered & ~(acknowledged | open)).toBe(0n);
      }),
      { numRuns: 400 },
    );
    expect(kills).toBeGreaterThan(1_000);
  });
});
