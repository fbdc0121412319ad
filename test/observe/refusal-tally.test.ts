import { describe, expect, it } from "vitest";
import type { AccessRecord } from "../../src/observe/record.ts";
import { RefusalTally } from "../../src/observe/refusal-tally.ts";
import { createMemoryRefusals } from "../../src/stores/refusals/memory.ts";

const HOUR_MS = 3_600_000;
const limited: AccessRecord = { code: "rate-limited" };
const reported: AccessRecord = {
  reported: [
    { policy: "access", code: "credential-missing" },
    { policy: "rateLimit", code: "rate-limited" },
  ],
};

/** A tally whose waiting ends when the test says so. */
function tallyOf(fails: readonly boolean[] = []) {
  const clock = { now: 500_000 * HOUR_MS };
  const store = createMemoryRefusals();
  const lines: Array<Readonly<Record<string, unknown>>> = [];
  const waits: Array<{ ms: number; end: () => void }> = [];
  const pending: Array<Promise<unknown>> = [];
  const failures = [...fails];
  const tally = new RefusalTally({
    store: {
      ...store,
      add: (counts, hour) =>
        failures.shift() ? Promise.reject(new Error("overloaded")) : store.add(counts, hour),
    },
    now: () => clock.now,
    wait: (ms) => new Promise((resolve) => waits.push({ ms, end: resolve })),
    log: (line) => lines.push(line),
    every: 10_000,
  });
  const note = (route: string, record: AccessRecord) =>
    tally.note(route, record, { waitUntil: (work) => void pending.push(work) });
  /** Lets the time pass that hand-overs wait for. */
  const pass = async () => {
    for (const { end } of waits.splice(0)) end();
    await Promise.all(pending.splice(0));
  };
  /** The platform ends the background work of all requests. */
  const lose = () => void [waits.splice(0), pending.splice(0)];
  return { clock, store, lines, waits, note, pass, lose };
}

describe("the tally of refusals", () => {
  it("counts what was refused and what was reported, by route, and hands it over once", async () => {
    const { store, waits, note, pass } = tallyOf();
    for (const _ of [1, 2, 3]) note("GET /a", limited);
    for (const _ of [1, 2]) note("GET /b", limited);
    note("GET /a", reported);
    expect(waits.map(({ ms }) => ms)).toEqual([10_000]);
    expect(await store.since(0)).toEqual([]);
    await pass();
    expect(await store.since(500_000)).toEqual([
      { route: "GET /a", code: "rate-limited", mode: "enforce", policy: "", count: 3 },
      { route: "GET /b", code: "rate-limited", mode: "enforce", policy: "", count: 2 },
      { route: "GET /a", code: "credential-missing", mode: "report", policy: "access", count: 1 },
      { route: "GET /a", code: "rate-limited", mode: "report", policy: "rateLimit", count: 1 },
    ]);
  });

  it("does nothing at all for a request that nobody would have refused", () => {
    const { waits, note } = tallyOf();
    note("GET /a", { notes: ["something else"] });
    expect(waits).toEqual([]);
  });

  it("counts anew after a hand-over", async () => {
    const { store, note, pass } = tallyOf();
    note("GET /a", limited);
    await pass();
    note("GET /a", limited);
    note("GET /a", limited);
    await pass();
    expect(await store.since(0)).toMatchObject([{ count: 3 }]);
  });

  it("does not wait where the clock was set back", async () => {
    const { clock, waits, note, lose } = tallyOf();
    note("GET /a", limited);
    lose();
    clock.now -= 1;
    note("GET /a", limited);
    expect(waits).toHaveLength(1);
  });

  it("counts each decision of authorize once, by its rule and not by what a service says of it", async () => {
    const { store, note, pass } = tallyOf();
    for (const _ of [1, 2, 3]) note("GET /a", { authorization: "rules.0 allows" });
    note("GET /a", { authorization: "rules.1: the service allows, as it is Tuesday" });
    note("GET /a", { authorization: "rules.1: the service allows, as it is Friday" });
    note("GET /a", { authorization: "no rule allows", code: "insufficient-rights" });
    note("GET /a", { authorization: "rules.0 allows", ...limited });
    await pass();
    const decided = { route: "GET /a", code: "", mode: "enforce" };
    const refused = { route: "GET /a", mode: "enforce", policy: "", count: 1 };
    expect(await store.since(0)).toEqual([
      { ...decided, policy: "authorize: rules.0 allows", count: 4 },
      { ...decided, policy: "authorize: rules.1: the service allows", count: 2 },
      { ...decided, policy: "authorize: no rule allows", count: 1 },
      { ...refused, code: "insufficient-rights" },
      { ...refused, code: "rate-limited" },
    ]);
  });

  it("hands over less often where all is allowed, and with the next refusal", async () => {
    const { clock, store, waits, note, pass } = tallyOf();
    const allowed: AccessRecord = { authorization: "rules.0 allows" };
    note("GET /a", allowed);
    await pass();
    clock.now += 59_999;
    note("GET /a", allowed);
    expect(waits).toHaveLength(0);
    clock.now += 1;
    note("GET /a", allowed);
    expect(waits).toHaveLength(1);
    await pass();
    note("GET /a", allowed);
    note("GET /b", limited);
    await pass();
    expect(await store.since(0)).toMatchObject([
      { route: "GET /a", count: 4 },
      { route: "GET /b", count: 1 },
    ]);
  });

  it("keeps what the store does not take, says so, and adds it the next time", async () => {
    const { store, lines, note, pass } = tallyOf([true]);
    note("GET /a", limited);
    await pass();
    expect(lines).toMatchObject([{ level: "warn", event: "refusal-counts-not-stored" }]);
    expect(lines[0]?.cause).toContain("overloaded");
    note("GET /a", limited);
    await pass();
    expect(await store.since(0)).toMatchObject([{ route: "GET /a", count: 2 }]);
  });

  it("does not wait for ever for a request whose background work the platform has ended", async () => {
    const { clock, store, waits, note, pass, lose } = tallyOf();
    note("GET /a", limited);
    lose();
    clock.now += 19_999;
    note("GET /a", limited);
    expect(waits).toHaveLength(0);
    clock.now += 1;
    note("GET /a", limited);
    expect(waits).toHaveLength(1);
    await pass();
    expect(await store.since(0)).toMatchObject([{ count: 3 }]);
  });
});
