import { describe, expect, it } from "vitest";
import { memoryTables } from "../../../src/stores/meters/memory-tables.ts";
import { Outbox } from "../../../src/stores/meters/outbox.ts";

const to = { upstream: "billing", path: "/events", everyMs: 10_000, batch: 2 };

function filled(lines: number, random = 0) {
  const tables = memoryTables();
  let ids = 0;
  const outbox = new Outbox(tables, { id: () => `b${++ids}`, random: () => random });
  tables.putSubject("ada");
  for (let minute = 1; minute <= lines; minute++)
    tables.addPending(to, { event: "e", dimensions: { a: "1" }, minute, value: 3, count: 2 }, 0);
  return outbox;
}

describe("the outbox", () => {
  it("makes no batch before its time, and one at a time", () => {
    const outbox = filled(3);
    outbox.gather(9_999);
    expect([outbox.due(9_999), outbox.wakeAt()]).toEqual([[], 10_000]);
    outbox.gather(10_000);
    outbox.gather(10_000);
    const [batch, ...more] = outbox.due(10_000);
    expect([batch!.events, more]).toEqual([2, []]);
    outbox.sent(batch!, { status: 202 }, 10_000);
    outbox.gather(10_000);
    expect(outbox.due(10_000)).toMatchObject([{ id: "b2", events: 1 }]);
  });

  it("writes CloudEvents whose ids are the batch's", () => {
    const outbox = filled(1);
    outbox.gather(10_000);
    expect(JSON.parse(outbox.due(10_000)[0]!.body)).toEqual([
      {
        specversion: "1.0",
        id: "b1-0",
        source: "isogate",
        type: "e",
        subject: "ada",
        time: "1970-01-01T00:01:00.000Z",
        datacontenttype: "application/json",
        data: { value: 3, count: 2, dimensions: { a: "1" } },
      },
    ]);
  });

  it.each([
    [0, [1_000, 2_000, 4_000, 8_000]],
    [0.5, [750, 1_500, 3_000, 6_000]],
  ])("tries again after twice as long each time, spread out by %d", (random, pauses) => {
    const outbox = filled(1, random);
    let now = 10_000;
    outbox.gather(now);
    for (const pause of pauses) {
      outbox.sent(outbox.due(now)[0]!, { failure: "refused" }, now);
      expect(outbox.wakeAt()).toBe(now + pause);
      now += pause;
    }
    for (let tries = 0; tries < 100; tries++) {
      outbox.sent(outbox.due(now)[0]!, { status: 500 }, now);
      now = outbox.wakeAt()!;
    }
    expect(outbox.due(now)).toHaveLength(1);
  });

  it.each([400, 401, 404, 409, 422])("puts aside what is answered with %d", (status) => {
    const outbox = filled(1);
    outbox.gather(10_000);
    outbox.sent(outbox.due(10_000)[0]!, { status }, 10_000);
    expect(outbox.wakeAt()).toBeUndefined();
    expect(outbox.retry("b1", 20_000)).toBe(true);
    expect(outbox.due(20_000)).toHaveLength(1);
  });

  it.each([302, 408, 425, 429, 500, 503])("tries again what is answered with %d", (status) => {
    const outbox = filled(1);
    outbox.gather(10_000);
    outbox.sent(outbox.due(10_000)[0]!, { status }, 10_000);
    expect(outbox.wakeAt()).toBe(11_000);
  });
});
