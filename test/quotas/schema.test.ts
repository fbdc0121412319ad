import { describe, expect, it } from "vitest";
import { check, checkAll, checkRoutes, options, type QuotaOptions } from "../../src/policies/limit/quota.ts";

const QUOTA: QuotaOptions = { name: "q", limit: 10, period: "month" };
const parsed = (more: Partial<QuotaOptions> = {}) => options().parse({ ...QUOTA, ...more });
const wrong = (more: object) => {
  const { error } = options().safeParse({ ...QUOTA, ...more });
  return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ") ?? "";
};

describe("a quota's options", () => {
  it.each([
    [{ period: "day" }, { zone: "UTC", days: 1, from: 0 }],
    [{ period: "week" }, { zone: "UTC", days: 7, from: 4 }],
    [
      { period: "week", anchor: "2026-11-21" },
      { zone: "UTC", days: 7, from: 20_778 },
    ],
    [{ timeZone: "Asia/Tokyo" }, { zone: "Asia/Tokyo", dayOfMonth: 1 }],
    [{ anchor: 31 }, { zone: "UTC", dayOfMonth: 31 }],
    [{ anchor: "2026-01-29" }, { zone: "UTC", dayOfMonth: 29 }],
    [{ anchor: "identity.claims.since" }, { zone: "UTC", dayOfMonth: 1 }],
    [
      { period: { days: 30 }, anchor: "1970-01-03" },
      { zone: "UTC", days: 30, from: 2 },
    ],
  ] as const)("%j are periods by %j", (more, calendar) => {
    expect(parsed(more).calendar).toEqual(calendar);
  });

  it.each([
    [{ limit: 0 }, "limit"],
    [{ limit: -1 }, "limit"],
    [{ limit: 1.5 }, "limit"],
    [{ limit: 1e15 }, "limit"],
    [{ name: 'a"b' }, "name"],
    [{ name: undefined }, "name"],
    [{ period: "year" }, 'period: must be "day", "week", "month" or { days: n }'],
    [{ period: { days: 0 } }, "period"],
    [{ period: { days: 367 }, anchor: "2026-01-01" }, "period"],
    [{ period: { days: 30 } }, "anchor: is missing"],
    [{ period: "day", anchor: "2026-01-01" }, "anchor: every day begins at midnight"],
    [{ period: "week", anchor: 3 }, "anchor: a day of the month is for"],
    [{ anchor: 0 }, "anchor: must be a date"],
    [{ anchor: 32 }, "anchor: must be a date"],
    [{ anchor: "2026-02-30" }, "anchor: must be a date"],
    [{ anchor: "headers.x-since" }, "anchor: must be a date"],
    [{ timeZone: "Europe/Atlantis" }, "timeZone: is no time zone"],
    [{ timeZone: "+02:00" }, "timeZone: is no time zone"],
    [{ cost: 11 }, "cost: must be at most 10"],
    [{ cost: 5, plans: { small: 4 } }, "cost: must be at most 4"],
    [{ plans: {} }, "plans: names no plan"],
    [{ plans: { gold: 0 } }, "plans.gold"],
    [{ warnAt: [0] }, "warnAt.0"],
    [{ warnAt: [1.1] }, "warnAt.0"],
    [{ warnAt: [0.12345] }, "warnAt.0: has at most three decimals"],
    [{ by: [] }, "by"],
    [{ by: ["cookies.x"] }, "by.0"],
    [{ group: "x" }, "group"],
  ] as const)("%j are refused: %s", (more, reason) => {
    expect(wrong(more)).toContain(reason);
  });
});

describe("a quota on a route", () => {
  it("wants somebody to count", () => {
    const where = (quota: Partial<QuotaOptions>, authenticates: boolean) =>
      check(parsed(quota), { authenticates }).map(({ path }) => path.join("."));
    expect(where({}, false)).toEqual(["by"]);
    expect(where({}, true)).toEqual([]);
    expect(where({ by: ["address"] }, false)).toEqual([]);
    expect(where({ by: ["address"], plans: { gold: 1 } }, false)).toEqual(["plans"]);
    expect(where({ by: ["address"], anchor: "identity.claims.x" }, false)).toEqual(["anchor"]);
  });

  it("is counted once by each request, and is the same on all routes", () => {
    expect(checkAll([parsed(), parsed({ name: "r" })])).toEqual([]);
    expect(checkAll([parsed(), parsed({ limit: 3 })])).toHaveLength(1);
    const route = (id: string, more: Partial<QuotaOptions>) => ({
      facts: { id },
      policies: [{ name: "quota", options: parsed(more) }],
    });
    const different = (more: Partial<QuotaOptions>) =>
      checkRoutes([route("GET /a", {}), route("GET /b", more)]).map(({ reason }) => reason);
    for (const same of [
      {},
      { cost: 2 },
      { mode: "report" as const },
      { warnAt: [0.5] },
      { name: "other", limit: 1 },
    ])
      expect(different(same)).toEqual([]);
    expect(different({ limit: 11 })).toEqual(['the quota "q" is another on GET /a: they differ in limit']);
    expect(different({ timeZone: "Asia/Tokyo", plans: { gold: 20 }, by: ["address"] })).toEqual([
      'the quota "q" is another on GET /a: they differ in period, plans, by',
    ]);
  });
});
