import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { periodAt } from "../../../src/calendar/period.ts";
import { RELEASABLE } from "../../../src/stores/quotas/count.ts";
import { memoryTables } from "../../../src/stores/quotas/memory-tables.ts";
import { QuotaBook } from "../../../src/stores/quotas/quota-book.ts";
import { LINE_MS, MOST_LINES, type QuotaAsk } from "../../../src/stores/quotas/quota-store.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-20T10:00:00Z");
const MONTH = { zone: "Europe/Berlin", dayOfMonth: 1 };
const ask = (more: Partial<QuotaAsk> = {}): QuotaAsk => ({
  quota: "monthly",
  calendar: MONTH,
  limit: 10,
  cost: 1,
  ...more,
});
let ids = 0;
const open = (tables = memoryTables()) => ({ tables, book: new QuotaBook(tables, () => `id-${++ids}`) });
const iso = (at: number) => new Date(at).toISOString();

describe("a quota's period", () => {
  it("is that of the calendar, and a new one begins with everything", () => {
    const { book } = open();
    expect(book.take(ask({ cost: 10 }), NOW)).toMatchObject({ allowed: true, used: 10 });
    const refused = book.take(ask(), NOW);
    expect([refused.allowed, iso(refused.period.start), iso(refused.period.end)]).toEqual([
      false,
      "2026-10-31T23:00:00.000Z",
      "2026-11-30T23:00:00.000Z",
    ]);
    expect(refused.resetMs).toBe(refused.period.end - NOW);
    expect(book.take(ask(), refused.period.end - 1).allowed).toBe(false);
    expect(book.take(ask(), refused.period.end)).toMatchObject({ allowed: true, used: 1 });
  });

  it("never goes back, whatever the clock does, and gives no more than the limit in each", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -90, max: 90 }), { maxLength: 60 }), (jumps) => {
        const { book } = open();
        const given = new Map<number, number>();
        let [now, last] = [NOW, 0];
        for (const jump of jumps) {
          now = NOW + jump * DAY;
          const { allowed, period } = book.take(ask({ limit: 3 }), now);
          expect(period.start).toBeGreaterThanOrEqual(last);
          last = period.start;
          if (allowed) given.set(period.start, (given.get(period.start) ?? 0) + 1);
        }
        for (const units of given.values()) expect(units).toBeLessThanOrEqual(3);
      }),
    );
  });

  it("that a clock which was ahead has begun lasts, until an administrator sets what is used", () => {
    const { book } = open();
    const ahead = NOW + 400 * DAY;
    book.take(ask({ cost: 10 }), ahead);
    expect(book.take(ask(), NOW)).toMatchObject({ allowed: false, period: periodAt(MONTH, ahead) });
    book.set(4, { actor: "ops", reason: "the clock" }, NOW);
    expect(book.take(ask(), NOW)).toMatchObject({ allowed: true, used: 5, period: periodAt(MONTH, NOW) });
  });

  it("ends when it was going to, whatever a caller's anchor has become", () => {
    const { book } = open();
    const first = book.take(ask({ cost: 10 }), NOW);
    const moved = { zone: "Europe/Berlin", dayOfMonth: 20 };
    expect(book.take(ask({ calendar: moved }), NOW)).toMatchObject({ allowed: false, period: first.period });
    const next = book.take(ask({ calendar: moved }), first.period.end);
    expect(next).toMatchObject({
      allowed: true,
      used: 1,
      // From where the last one ended: no moment belongs to two.
      period: { start: first.period.end, end: Date.parse("2026-12-19T23:00:00Z") },
    });
  });
});

describe("what is given back", () => {
  it("is only of its own period", () => {
    const { book } = open();
    const { taken, period } = book.take(ask({ cost: 5 }), NOW);
    book.take(ask({ cost: 2 }), period.end);
    book.release(taken, 5);
    expect(book.usage(MONTH, period.end).used).toBe(2);
  });

  it("comes not too late, so that little is remembered", () => {
    const { book } = open();
    const { taken } = book.take(ask({ limit: 10_000 }), NOW);
    for (let more = 0; more < RELEASABLE; more++) book.take(ask({ limit: 10_000 }), NOW);
    book.release(taken, 1);
    expect(book.usage(MONTH, NOW).used).toBe(RELEASABLE + 1);
    book.release(taken + 1, 1);
    expect(book.usage(MONTH, NOW).used).toBe(RELEASABLE);
  });
});

describe("warnings", () => {
  const warnings = {
    at: [500, 800, 1_000],
    to: { upstream: "ops", path: "/hooks" },
    counted: ["identity.consumer=acme"],
  };

  it("come up once for each share and period, with the request that passes it", () => {
    const { book } = open();
    const due = (cost: number, now = NOW) => {
      const { period } = book.take(ask({ cost, warnings }), now);
      const messages = book.due(now).map(({ id, body }) => {
        book.sent(id);
        return JSON.parse(body) as Record<string, unknown>;
      });
      return { period, messages };
    };
    expect(due(4).messages).toEqual([]);
    const { messages, period } = due(1);
    expect(messages).toEqual([
      {
        id: expect.stringMatching(/^id-/),
        type: "quota.threshold-passed",
        at: iso(NOW),
        quota: "monthly",
        counted: ["identity.consumer=acme"],
        threshold: 0.5,
        used: 5,
        limit: 10,
        period: {
          start: "2026-11-01T00:00:00+01:00",
          end: "2026-12-01T00:00:00+01:00",
          timeZone: "Europe/Berlin",
        },
      },
    ]);
    expect(due(2).messages).toEqual([]);
    expect(due(3).messages.map(({ threshold }) => threshold)).toEqual([0.8, 1]);
    expect(due(1).messages).toEqual([]);
    expect(due(5, period.end).messages.map(({ threshold }) => threshold)).toEqual([0.5]);
  });

  it("do not come up again when a request is given back and another passes the share", () => {
    const { book } = open();
    const { taken } = book.take(ask({ cost: 5, warnings }), NOW);
    book.release(taken, 5);
    book.take(ask({ cost: 5, warnings }), NOW);
    expect(book.due(NOW)).toHaveLength(1);
  });

  it("are tried again, ever later, and given up after three days", () => {
    const { book } = open();
    book.take(ask({ cost: 5, warnings }), NOW);
    const waits: number[] = [];
    let now = NOW;
    for (;;) {
      expect(book.wakeAt()).toBe(now);
      const [warning] = book.due(now);
      const next = book.unsent(warning!, now);
      if (next === undefined) break;
      expect(book.due(next - 1)).toEqual([]);
      waits.push(next - now);
      now = next;
    }
    expect(waits.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(Math.max(...waits)).toBe(3_600_000);
    expect(now - NOW).toBeGreaterThanOrEqual(3 * DAY);
    expect(book.due(Number.MAX_SAFE_INTEGER)).toEqual([]);
  });

  it("outlive a book that is opened anew over the same tables, and keep them from being forgotten", () => {
    const { book, tables } = open();
    const { period } = book.take(ask({ cost: 5, warnings }), NOW);
    const again = new QuotaBook(tables, () => "");
    expect(again.due(NOW)).toEqual(book.due(NOW));
    expect(again.forget(period.end + 2 * DAY)).toBe(false);
    again.sent(again.due(NOW)[0]!.id);
    expect(again.forget(period.end + 2 * DAY)).toBe(true);
  });
});

describe("what administrators did", () => {
  it("is kept for 400 days and a thousand lines", () => {
    const { book } = open();
    book.take(ask(), NOW);
    for (let set = 0; set < MOST_LINES + 5; set++) book.set(1, { actor: "ops", reason: `${set}` }, NOW);
    expect(book.lines()).toHaveLength(MOST_LINES);
    expect(book.forget(NOW + LINE_MS - 1)).toBe(false);
    book.set(2, { actor: "ops", reason: "late" }, NOW + LINE_MS + 1);
    expect(book.lines()).toHaveLength(1);
  });
});
