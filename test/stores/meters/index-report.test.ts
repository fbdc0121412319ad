import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONFIRM_MS, IndexReport, type Report } from "../../../src/stores/meters/index-report.ts";
import { memoryTables } from "../../../src/stores/meters/memory-tables.ts";
import { Outbox } from "../../../src/stores/meters/outbox.ts";
import { BELIEVED_MS, memoryIndexTables, OutboxIndex } from "../../../src/stores/meters/outbox-index.ts";
import { LATE_MS, type Undelivered, undeliveredOf } from "../../../src/stores/meters/undelivered.ts";

const TO = { upstream: "billing", path: "/events", everyMs: 0, batch: 1 };
const START = 1_800_000_000_000;
const RECEIVER = { upstream: "billing", path: "/events" };

/** One consumer's outbox, whose object may die, and the index that it reports to. */
function world() {
  const tables = memoryTables();
  let ids = 0;
  const chance = { id: () => `b${++ids}`, random: () => 0 };
  let minute = 0;
  let index = new OutboxIndex(memoryIndexTables());
  const late: Report[] = [];
  const clock = { now: START };
  const live = () => ({ outbox: new Outbox(tables, chance), report: new IndexReport(tables, chance.random) });
  let { outbox, report } = live();
  return {
    clock,
    late,
    get outbox() {
      return outbox;
    },
    get report() {
      return report;
    },
    die: () => ({ outbox, report } = live()),
    forgetIndex: () => (index = new OutboxIndex(memoryIndexTables())),
    again(sent: Report) {
      return index.put("ada", sent, clock.now);
    },
    event(path = "/events") {
      tables.addPending(
        { ...TO, path },
        { event: "e", dimensions: {}, minute: ++minute, value: 1, count: 1 },
        clock.now,
      );
      outbox.gather(clock.now);
    },
    /** Sends what is due. @param status undefined: no answer */
    send(status: number | undefined) {
      for (const batch of outbox.due(clock.now))
        outbox.sent(batch, status === undefined ? { failure: "silent" } : { status }, clock.now);
      outbox.gather(clock.now);
    },
    /** Reports what is due. */
    tell(fate: "arrives" | "lost" | "answer lost" | "dies" = "arrives"): Report | undefined {
      const due = report.next(clock.now);
      if (due === undefined) return undefined;
      late.push(due);
      if (fate === "dies") return due;
      const held = fate === "lost" ? undefined : index.put("ada", due, clock.now);
      if (held === undefined || fate === "answer lost") report.failed(clock.now);
      else report.told(due, held, clock.now);
      return due;
    },
    /** What is so. */
    owed: () => undeliveredOf(tables.queues(true), tables.queues(false), clock.now),
    /** What the index says of it. */
    said: () => index.list({ limit: 9 }, clock.now).items[0]?.undelivered ?? [],
  };
}

describe("a report to the index", () => {
  it("is due at once where a batch is dead, and where nothing is owed any more", () => {
    const w = world();
    expect(w.report.wakeAt(START)).toBeUndefined();
    w.event();
    w.send(422);
    expect(w.report.wakeAt(START)).toBe(START);
    w.tell();
    expect(w.said()).toEqual([{ ...RECEIVER, dead: 1, waiting: 0, oldest: START, last: "status 422" }]);
    expect(w.tell()).toBeUndefined();
    w.outbox.retryDead(RECEIVER, START);
    w.send(200);
    w.tell();
    expect([w.said(), w.report.wakeAt(START)]).toEqual([[], undefined]);
  });

  it("tells of what is on its way once that is late, and not before", () => {
    const w = world();
    w.event();
    w.send(503);
    expect([w.tell(), w.report.wakeAt(START)]).toEqual([undefined, START + LATE_MS]);
    w.clock.now += LATE_MS;
    w.tell();
    expect(w.said()).toEqual([{ ...RECEIVER, dead: 0, waiting: 1, oldest: START, last: "status 503" }]);
  });

  it("tells new numbers every quarter of an hour, and the old ones every day", () => {
    const w = world();
    w.event();
    w.send(422);
    w.tell();
    expect(w.report.wakeAt(START)).toBe(START + CONFIRM_MS);
    w.event();
    w.send(422);
    expect(w.report.wakeAt(START)).toBe(START + LATE_MS);
    w.clock.now += LATE_MS;
    w.tell();
    expect(w.said()).toMatchObject([{ dead: 2 }]);
    w.event("/other");
    w.send(400);
    expect(w.report.wakeAt(w.clock.now)).toBe(w.clock.now);
  });

  it("is tried again where it has not arrived, later each time", () => {
    const w = world();
    w.event();
    w.send(422);
    for (const pause of [1_000, 2_000, 4_000]) {
      w.tell("lost");
      expect(w.report.wakeAt(w.clock.now)).toBe(w.clock.now + pause);
      w.clock.now += pause;
    }
    w.tell();
    expect(w.said()).toHaveLength(1);
  });

  it("goes on from the number that the index knows, should its own be lower", () => {
    const w = world();
    w.again({ version: 7, undelivered: [] });
    w.event();
    w.send(422);
    w.tell();
    expect(w.said()).toEqual([]);
    expect(w.tell()?.version).toBe(8);
    expect(w.said()).toHaveLength(1);
  });
});

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("event" as const), path: fc.constantFrom("/events", "/other") }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      status: fc.constantFrom(200, 422, 503, undefined),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("tell" as const),
      fate: fc.constantFrom("arrives" as const, "lost" as const, "answer lost" as const, "dies" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 60_000, LATE_MS, CONFIRM_MS),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "die" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("again" as const), index: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.constant({ do: "retry" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "forget" as const }) },
);

describe("the index", () => {
  it("is right in the end, whatever dies, is lost, comes late or is forgotten", () => {
    let listed = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const w = world();
        for (const each of steps) {
          if (each.do === "event") w.event(each.path);
          else if (each.do === "send") w.send(each.status);
          else if (each.do === "tell") w.tell(each.fate);
          else if (each.do === "pass") w.clock.now += each.ms;
          else if (each.do === "retry") w.outbox.retryDead(RECEIVER, w.clock.now);
          else if (each.do === "forget") w.forgetIndex();
          else if (each.do === "again") {
            const sent = w.late[each.index % Math.max(1, w.late.length)];
            if (sent !== undefined) w.again(sent);
          } else w.die();
        }
        // From here on alarms come when they are due and everything arrives: nothing else happens.
        const rest = (ms: number) => {
          const until = w.clock.now + ms;
          for (;;) {
            const at = w.report.wakeAt(w.clock.now);
            if (at === undefined || at > until) break;
            w.clock.now = Math.max(at, w.clock.now);
            w.tell();
          }
          w.clock.now = until;
        };
        const kinds = (list: readonly Undelivered[]) =>
          list.map(({ path, dead, waiting }) => [path, dead > 0, waiting > 0]);
        rest(2 * LATE_MS);
        if (w.said().length > 0) listed++;
        // An index that has forgotten needs somebody to say it again; and the other way round, somebody not to.
        if (steps.every((each) => each.do !== "forget")) expect(kinds(w.said())).toEqual(kinds(w.owed()));
        rest(BELIEVED_MS);
        expect(w.said()).toEqual(w.owed());
      }),
      { numRuns: 500 },
    );
    expect(listed).toBeGreaterThan(50);
  });
});
