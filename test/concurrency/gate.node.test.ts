import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Gate, type GateTerms, type Visit } from "../../src/concurrency/gate.ts";
import { type Holder, type HolderTable, settle } from "../../src/stores/permits/ledger.ts";
import { type Grant, LEASE_MS } from "../../src/stores/permits/permit-store.ts";

const visitOf = (aliveUntil = 1e9): Visit => ({
  turn: undefined,
  aliveUntil,
  queuedAt: undefined,
  wake: () => {},
});
const alone = (terms: Partial<GateTerms> = {}) =>
  new Gate({ limit: 2, queue: 2, wait: 100, shared: false, ...terms });
const enter = (gate: Gate, now: number, aliveUntil?: number) => {
  const visit = visitOf(aliveUntil);
  gate.enter(visit, now);
  return visit;
};

describe("a gate of one isolate", () => {
  it("lets in as many as there is room for, has some wait in line, and turns the others away", () => {
    const gate = alone();
    const turns = [1, 2, 3, 4, 5].map(() => enter(gate, 0).turn);
    expect(turns).toEqual(["in", "in", undefined, undefined, "full"]);
  });

  it("lets who came first in first", () => {
    const gate = alone();
    const [first, , third, fourth] = [1, 2, 3, 4].map(() => enter(gate, 0));
    gate.leave(first!, 10);
    expect([third!.turn, fourth!.turn]).toEqual(["in", undefined]);
    expect(enter(gate, 10).turn).toBe(undefined);
    gate.leave(third!, 20);
    expect(fourth!.turn).toBe("in");
  });

  it("has nobody wait longer than it may, nor beyond its own time", () => {
    const gate = alone();
    enter(gate, 0);
    enter(gate, 0);
    const patient = enter(gate, 0);
    const hasty = enter(gate, 0, 50);
    expect([gate.looksAgainAt(patient), gate.looksAgainAt(hasty)]).toEqual([100, 50]);
    for (const now of [49, 50, 99]) gate.look(patient, now);
    gate.look(hasty, 50);
    expect([patient.turn, hasty.turn]).toEqual([undefined, "full"]);
    gate.look(patient, 100);
    expect(patient.turn).toBe("full");
    expect(gate.waiting).toBe(0);
  });

  it("lets nobody in whose time has passed, though it was not looked at since", () => {
    const gate = alone();
    const inside = enter(gate, 0);
    enter(gate, 0);
    const late = enter(gate, 0);
    const next = enter(gate, 60);
    gate.leave(inside, 120);
    expect([late.turn, next.turn]).toEqual(["full", "in"]);
  });

  it("forgets who waited and has gone", () => {
    const gate = alone();
    const inside = enter(gate, 0);
    enter(gate, 0);
    const gone = enter(gate, 0);
    const next = enter(gate, 0);
    gate.leave(gone, 1);
    gate.leave(inside, 2);
    expect([gone.turn, next.turn]).toEqual([undefined, "in"]);
  });

  it("frees the place of one that was lost with its request, and counts it once", () => {
    const gate = alone({ queue: 0 });
    const lost = enter(gate, 0, 5_000);
    enter(gate, 0, 50_000);
    expect(enter(gate, 4_999).turn).toBe("full");
    expect(enter(gate, 7_000).turn).toBe("in");
    gate.leave(lost, 7_001);
    expect(enter(gate, 9_000).turn).toBe("full");
  });

  it("asks nobody", () => {
    const gate = alone();
    enter(gate, 0);
    expect(gate.ask(1, 0)).toBe(undefined);
  });
});

describe("a gate of many isolates", () => {
  const shared = (terms: Partial<GateTerms> = {}) => alone({ shared: true, limit: 10, queue: 0, ...terms });
  const grant = (granted: number, more: Partial<Grant> = {}): Grant => ({
    granted,
    contended: false,
    spare: 0,
    retryMs: 50,
    ...more,
  });

  it("asks once for all who came meanwhile, and lets in as many as it is given", () => {
    const gate = shared();
    const visits = [1, 2, 3, 4].map(() => enter(gate, 0));
    expect(gate.ask(1, 0)).toMatchObject({ sequence: 1, need: 4, most: 6 });
    expect(gate.ask(2, 1)).toBe(undefined);
    gate.answered(1, grant(3), 20);
    expect(visits.map(({ turn }) => turn)).toEqual(["in", "in", "in", "full"]);
  });

  it("turns away without asking while there is known to be no more", () => {
    const gate = shared();
    enter(gate, 0);
    gate.ask(1, 0);
    gate.answered(1, grant(0, { retryMs: 80 }), 20);
    expect(enter(gate, 99).turn).toBe("full");
    expect(enter(gate, 100).turn).toBe(undefined);
  });

  it("counts the wait from when there is known to be no room", () => {
    const gate = shared({ queue: 1 });
    const visit = enter(gate, 0);
    gate.ask(1, 0);
    gate.answered(1, grant(0), 300);
    gate.look(visit, 350);
    expect([visit.turn, gate.looksAgainAt(visit)]).toEqual([undefined, 350]);
    gate.look(visit, 400);
    expect(visit.turn).toBe("full");
  });

  it("lets nobody in on a lease that may have ended, and renews one in use", () => {
    const gate = shared();
    const inside = enter(gate, 0);
    gate.ask(1, 0);
    gate.answered(1, grant(2), 0);
    expect(gate.ask(2, 3_000)).toBe(undefined);
    expect(enter(gate, 8_000).turn).toBe(undefined);
    expect(gate.ask(2, 8_000)).toMatchObject({ need: 2 });
    gate.leave(inside, 8_000);
  });

  it("gives back at once what it has no use for, and goes by no more from then on", () => {
    const gate = shared();
    const visits = [1, 2, 3, 4].map(() => enter(gate, 0));
    gate.ask(1, 0);
    gate.answered(1, grant(6), 0);
    for (const visit of visits) gate.leave(visit, 100);
    expect(gate.ask(2, 100)).toMatchObject({ need: 0, most: 0 });
    expect(enter(gate, 101).turn).toBe(undefined);
  });

  it("tells who waits that the store has not answered, and goes by no answer that comes later", () => {
    const gate = shared();
    const visit = enter(gate, 0);
    gate.ask(1, 0);
    gate.failed(1);
    expect(visit.turn).toBe("failed");
    gate.answered(1, grant(5), 10);
    expect(enter(gate, 10).turn).toBe(undefined);
  });

  it("takes an ask for lost with its request when it is overdue, and asks again", () => {
    const gate = shared();
    const visit = enter(gate, 0);
    gate.ask(1, 0);
    expect(gate.looksAgainAt(visit)).toBe(2_000);
    expect(gate.ask(2, 1_999)).toBe(undefined);
    expect(gate.ask(2, 2_000)).toMatchObject({ sequence: 2 });
    gate.answered(1, grant(5), 2_001);
    expect(visit.turn).toBe(undefined);
    gate.answered(2, grant(5), 2_002);
    expect(visit.turn).toBe("in");
  });

  it("needs few calls where requests keep coming", () => {
    const table = holders();
    const gate = shared({ limit: 100 });
    let [calls, served] = [0, 0];
    const inside: Visit[] = [];
    const random = fc.sample(fc.integer({ min: 0, max: 99 }), { numRuns: 20_000 });
    for (const [index, chance] of random.entries()) {
      const now = index;
      // 20 at a time, give or take.
      if (inside.length > 0 && chance < inside.length * 2.5) gate.leave(inside.shift()!, now);
      else {
        const visit = enter(gate, now);
        served++;
        inside.push(visit);
      }
      const ask = gate.ask(++calls, now);
      if (ask === undefined) calls--;
      else gate.answered(calls, settle(table, { ...ask, holder: "a" }, now), now);
      expect(inside.filter(({ turn }) => turn !== "in")).toEqual([]);
    }
    expect(calls / served).toBeLessThan(0.05);
  });
});

function holders(): HolderTable {
  const map = new Map<string, Holder>();
  return {
    all: () => map.values(),
    put: (holder) => void map.set(holder.id, holder),
    remove: (id) => void map.delete(id),
  };
}

describe("all gates together", () => {
  const ACTS = ["enter", "leave", "crash", "deliver", "answer", "exchange", "lose", "pass"] as const;
  const WEIGHTS = { enter: 6, leave: 2, crash: 0.2, deliver: 2, answer: 2, exchange: 4, lose: 0.3, pass: 1 };
  const step = fc.record({
    /** ms that pass before it. */
    after: fc.oneof({ weight: 6, arbitrary: fc.nat(50) }, { weight: 1, arbitrary: fc.nat(6_000) }),
    isolate: fc.nat(3),
    act: fc.oneof(...ACTS.map((act) => ({ weight: 10 * WEIGHTS[act], arbitrary: fc.constant(act) }))),
    pick: fc.nat(20),
  });

  /** A message, and where it is. */
  interface Message {
    readonly isolate: Isolate;
    readonly ask: NonNullable<ReturnType<Gate["ask"]>>;
    grant?: Grant;
  }
  interface Isolate {
    readonly id: string;
    readonly gate: Gate;
    readonly visits: Visit[];
    sequence: number;
  }

  it("never have more inside than the limit, and no queue is ever longer than it may be, whatever happens", () => {
    const made = { entered: 0, refused: 0 };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(step, { minLength: 20, maxLength: 150 }),
        (limit, queue, steps) => {
          const table = holders();
          const terms = { limit, queue, wait: 200, shared: true };
          let [now, born] = [0, 0];
          const fresh = (): Isolate => ({ id: `i${born++}`, gate: new Gate(terms), visits: [], sequence: 0 });
          const isolates = [fresh(), fresh(), fresh(), fresh()];
          const messages: Message[] = [];
          const beyondRecall = new Set<Visit>();
          const poke = (isolate: Isolate) => {
            const ask = isolate.gate.ask(isolate.sequence + 1, now);
            if (ask === undefined) return;
            isolate.sequence++;
            messages.push({ isolate, ask });
          };
          for (const { after, isolate: index, act, pick } of steps) {
            now += after;
            // What was inside when a lease ended, because no renewal came through, is beyond recall.
            for (const each of isolates) {
              const leased = [...table.all()].some(({ id, expiresAt }) => id === each.id && expiresAt > now);
              if (!leased) for (const visit of each.visits) if (visit.turn === "in") beyondRecall.add(visit);
            }
            const isolate = isolates[index]!;
            if (act === "enter") {
              const visit = visitOf(now + 1_000_000);
              isolate.gate.enter(visit, now);
              isolate.visits.push(visit);
            } else if (act === "leave") {
              const [visit] = isolate.visits.splice(pick % Math.max(1, isolate.visits.length), 1);
              if (visit !== undefined) isolate.gate.leave(visit, now);
            } else if (act === "crash") {
              isolates[index] = fresh();
            } else if (messages.length > 0) {
              const at = pick % messages.length;
              const message = messages[at]!;
              if (act === "lose") messages.splice(at, 1);
              if (act === "deliver" || act === "exchange") {
                message.grant = settle(table, { ...message.ask, holder: message.isolate.id }, now);
              }
              if ((act === "answer" || act === "exchange") && message.grant !== undefined) {
                messages.splice(at, 1);
                message.isolate.gate.answered(message.ask.sequence, message.grant, now);
              }
            }
            for (const each of isolates) {
              poke(each);
              for (const visit of each.visits) each.gate.look(visit, now);
              for (const visit of each.visits) if (visit.turn === "full") made.refused++;
              each.visits.splice(0, each.visits.length, ...each.visits.filter(({ turn }) => turn !== "full"));
            }
            const recallable = (visit: Visit) => visit.turn === "in" && !beyondRecall.has(visit);
            const inside = isolates.flatMap(({ visits }) => visits).filter(recallable).length;
            made.entered = Math.max(made.entered, inside);
            expect(inside).toBeLessThanOrEqual(limit);
            for (const { gate } of isolates) {
              expect(gate.waiting).toBeLessThanOrEqual(queue + limit - Math.min(limit, gate.inside));
            }
          }
        },
      ),
      { numRuns: 400 },
    );
    // It was not for want of anybody who came.
    expect(made.entered).toBe(6);
    expect(made.refused).toBeGreaterThan(1_000);
  });

  it("waits a lease's length for one that has died, and no longer", () => {
    const table = holders();
    const gate = (limit = 1) => new Gate({ limit, queue: 0, wait: 0, shared: true });
    const [dead, next] = [gate(), gate()];
    enter(dead, 0);
    dead.answered(1, settle(table, { ...dead.ask(1, 0)!, holder: "dead" }, 5), 10);
    expect(dead.inside).toBe(1);
    const tryAt = (now: number, sequence: number) => {
      const visit = enter(next, now);
      next.answered(sequence, settle(table, { ...next.ask(sequence, now)!, holder: "next" }, now), now);
      return visit.turn;
    };
    expect(tryAt(LEASE_MS + 4, 1)).toBe("full");
    expect(tryAt(LEASE_MS + 100, 2)).toBe("in");
  });
});
