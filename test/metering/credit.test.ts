import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sender } from "../../src/metering/sender.ts";
import { memoryTables } from "../../src/stores/meters/memory-tables.ts";
import { MeterBook } from "../../src/stores/meters/meter-book.ts";
import { type Flush, RESERVED_MS, type TopUp } from "../../src/stores/meters/meter-store.ts";

const START = 1_800_000_000_000;
const WHO = "ada";

/** What becomes of a message to the object: it arrives, is lost or comes later, or its answer is lost. */
const FATES = ["arrives", "lost", "later", "answer lost"] as const;
type Fate = (typeof FATES)[number];

/** Something that was sent to the object. It may come first, or again, at any time. */
type Message =
  | { readonly what: "reserve"; readonly id: string; readonly units: number }
  | { readonly what: "flush"; readonly flush: Flush }
  | { readonly what: "top up"; readonly topUp: TopUp };

interface Isolate {
  sender: Sender;
  /** Requests under way that hold a reservation. */
  open: string[];
}

/** A consumer's object, isolates whose requests take from its credit, and a ledger of what must have become of it. */
class World {
  now = START;
  readonly #tables = memoryTables();
  #book = this.#newBook();
  readonly sent: Message[] = [];
  fate: Fate = "arrives";
  readonly isolates: Isolate[] = [0, 1].map(() => this.#newIsolate());
  #ids = 0;

  /** Units that were added, each key once. */
  #added = 0;
  readonly #keys = new Set<string>();
  /** Charges of requests whose reservation held when they were settled. */
  #charged = 0;
  /** Charges of those whose reservation had run out: there may be nothing left for them. */
  #perhaps = 0;
  /** When reservations were granted first. */
  readonly #since = new Map<string, number>();
  /** Every message that may have reserved something. */
  readonly #asked: Array<{ readonly at: number; readonly units: number }> = [];
  lateCharges = 0;

  #newBook(): MeterBook {
    return new MeterBook(this.#tables, { id: () => "unused", random: () => 0 });
  }

  #newIsolate(): Isolate {
    const store = {
      open: async () => this.#meet(() => this.#book.open(WHO, this.now)),
      flush: async (_: string, content: Flush) => {
        const message: Message = { what: "flush", flush: structuredClone(content) };
        return this.#send(message, () => this.#flush(message.flush));
      },
    };
    return { sender: new Sender(WHO, { now: () => this.now, log: () => {}, store }), open: [] };
  }

  #meet<T>(work: () => T): T {
    const { fate } = this;
    this.fate = "arrives";
    if (fate === "lost" || fate === "later") throw new Error("no answer");
    const said = work();
    if (fate === "answer lost") throw new Error("no answer");
    return said;
  }

  #send<T>(message: Message, work: () => T): T {
    this.sent.push(message);
    return this.#meet(work);
  }

  #flush(flush: Flush) {
    const outcome = this.#book.flush(flush, this.now);
    if (outcome !== "counted") return outcome;
    for (const { id, charge } of flush.settled) {
      const since = this.#since.get(id);
      if (since !== undefined && this.now < since + RESERVED_MS) this.#charged += charge;
      else {
        this.#perhaps += charge;
        if (charge > 0) this.lateCharges++;
      }
    }
    return outcome;
  }

  #reserve(id: string, units: number): boolean {
    this.#asked.push({ at: this.now, units });
    const { granted } = this.#book.reserve(id, units, this.now);
    if (granted && !this.#since.has(id)) this.#since.set(id, this.now);
    return granted;
  }

  #topUp(topUp: TopUp): void {
    this.#book.topUp(topUp, this.now);
    if (!this.#keys.has(topUp.once.key)) this.#added += topUp.units;
    this.#keys.add(topUp.once.key);
  }

  /** A request asks for credit, as the policy does it. */
  ask(isolate: number, units: number, fate: Fate): void {
    const id = `${units}-${++this.#ids}`;
    const { open, sender } = this.isolates[isolate]!;
    this.fate = fate;
    try {
      if (this.#send({ what: "reserve", id, units }, () => this.#reserve(id, units))) open.push(id);
    } catch {
      // It may be reserved all the same.
      sender.gathering.settle({ id, charge: 0 });
    }
  }

  /** A request ends. @param share of what it reserved that is charged; 0 gives all back */
  end(isolate: number, which: number, share: number): void {
    const { open, sender } = this.isolates[isolate]!;
    const [id] = open.splice(which % Math.max(1, open.length), 1);
    if (id === undefined) return;
    sender.gathering.settle({ id, charge: Math.floor(Number(id.split("-")[0]) * share) });
  }

  async hand(isolate: number, fate: Fate): Promise<void> {
    this.fate = fate;
    await this.isolates[isolate]!.sender.send().catch(() => {});
    this.fate = "arrives";
  }

  topUp(units: number, fate: Fate): void {
    const topUp = { units, reason: "", actor: "", once: { key: `key ${++this.#ids}`, fingerprint: "" } };
    this.fate = fate;
    try {
      this.#send({ what: "top up", topUp }, () => this.#topUp(topUp));
    } catch {
      // Whoever added it may try again.
    }
  }

  /** A message comes first, or again. */
  deliver(index: number): void {
    const message = this.sent[index % Math.max(1, this.sent.length)];
    if (message?.what === "reserve") this.#reserve(message.id, message.units);
    else if (message?.what === "flush") this.#flush(message.flush);
    else if (message !== undefined) this.#topUp(message.topUp);
  }

  killObject(): void {
    this.#book = this.#newBook();
  }

  killIsolate(isolate: number): void {
    this.isolates[isolate] = this.#newIsolate();
  }

  get credit() {
    return this.#book.credit(this.now);
  }

  /** What holds at any time. */
  check(): void {
    const { balance, reserved } = this.credit;
    // Nothing is charged twice, and nothing is given away that was reserved when it was settled.
    expect(balance).toBeLessThanOrEqual(this.#added - this.#charged);
    expect(balance).toBeGreaterThanOrEqual(this.#added - this.#charged - this.#perhaps);
    // What nobody settles comes back in time.
    const young = this.#asked.filter(({ at }) => this.now < at + RESERVED_MS);
    expect(reserved).toBeLessThanOrEqual(young.reduce((sum, { units }) => sum + units, 0));
  }
}

const fate = fc.constantFrom(...FATES);
const isolate = fc.nat(1);
const units = fc.integer({ min: 1, max: 9 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("ask" as const), isolate, units, fate }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      isolate,
      which: fc.nat(9),
      share: fc.constantFrom(0, 0.5, 1),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("hand" as const), isolate, fate }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("deliver" as const), index: fc.nat(100) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("top up" as const),
      units: fc.integer({ min: 1, max: 9 }),
      fate,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("take away" as const), units }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(1_000, RESERVED_MS / 2, RESERVED_MS, 2 * 86_400_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kill isolate" as const), isolate }) },
  { weight: 1, arbitrary: fc.constant({ do: "kill object" as const }) },
);

describe("prepaid credit", () => {
  it("is charged once and never below zero, whatever dies, is lost, comes late or twice", async () => {
    let lateCharges = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
        const world = new World();
        world.topUp(9, "arrives");
        const free = ({ balance, reserved } = world.credit) => balance - reserved;
        let before = free();
        for (const each of steps) {
          if (each.do === "ask") world.ask(each.isolate, each.units, each.fate);
          else if (each.do === "end") world.end(each.isolate, each.which, each.share);
          else if (each.do === "hand") await world.hand(each.isolate, each.fate);
          else if (each.do === "deliver") world.deliver(each.index);
          else if (each.do === "top up") world.topUp(each.units, each.fate);
          else if (each.do === "take away") world.topUp(-each.units, "arrives");
          else if (each.do === "pass") world.now += each.ms;
          else if (each.do === "kill isolate") world.killIsolate(each.isolate);
          else world.killObject();
          world.check();
          // Only operators take away what is reserved, or is not there.
          if (each.do !== "take away") expect(free()).toBeGreaterThanOrEqual(Math.min(0, before));
          before = free();
        }
        // All that is left to be settled is, and the rest is of requests that have died.
        for (const index of world.isolates.keys()) {
          await world.hand(index, "arrives");
          await world.hand(index, "arrives");
          expect(world.isolates[index]!.sender.isIdle).toBe(true);
        }
        world.check();
        world.now += RESERVED_MS;
        expect(world.credit.reserved).toBe(0);
        lateCharges += world.lateCharges;
      }),
      { numRuns: 500 },
    );
    // It has met charges whose reservation had run out.
    expect(lateCharges).toBeGreaterThan(100);
  });
});
