import type { ActLine } from "./act-line.ts";
import type { Told } from "./index-report.ts";
import type { TopUp, Usage } from "./meter-store.ts";
import { destinationOf, dimensionsText, placeOf } from "./table-keys.ts";
import type { Batch, MeterTables, PendingLine } from "./tables.ts";
import { receiverKey } from "./undelivered.ts";

/** What a process has in memory: a copy is what another finds that comes after it. */
interface Kept {
  subject: string;
  number: number;
  balance: number;
  sessions: Map<number, { readonly last: number; readonly seen: number }>;
  pending: Map<string, PendingLine & { readonly place: string; readonly since: number }>;
  batches: Map<string, Batch>;
  usage: Map<string, Usage>;
  reservations: Map<string, { readonly units: number; readonly until: number }>;
  lines: Array<ActLine & { readonly once?: TopUp["once"] | undefined }>;
  told: Told | undefined;
}

const EMPTY = (): Kept => ({
  subject: "",
  number: 0,
  balance: 0,
  sessions: new Map(),
  pending: new Map(),
  batches: new Map(),
  usage: new Map(),
  reservations: new Map(),
  lines: [],
  told: undefined,
});

/** One consumer's tables in memory. What fails half way is undone, as in a data base. */
export function memoryTables(): MeterTables {
  let kept = EMPTY();
  const setKey = (event: string, hour: number, dimensions: Usage["dimensions"]) =>
    JSON.stringify([event, hour, dimensionsText(dimensions)]);
  const dropWhere = <V>(map: Map<unknown, V>, gone: (value: V) => boolean) => {
    for (const [key, value] of map) if (gone(value)) map.delete(key);
  };
  const oldestFirst = () => [...kept.batches.values()].toSorted((a, b) => a.number - b.number);
  return {
    atomically(work) {
      const before = structuredClone(kept);
      try {
        return work();
      } catch (error) {
        kept = before;
        throw error;
      }
    },
    subject: () => kept.subject,
    putSubject(subject) {
      if (kept.subject === "") kept.subject = subject;
    },
    addSession(seen) {
      kept.sessions.set(++kept.number, { last: 0, seen });
      return kept.number;
    },
    session: (id) => kept.sessions.get(id)?.last,
    putSession: (id, last, seen) => void kept.sessions.set(id, { last, seen }),
    dropSessions(before, keep) {
      dropWhere(kept.sessions, ({ seen }) => seen < before);
      const byAge = [...kept.sessions].toSorted(([a, { seen: x }], [b, { seen: y }]) => x - y || a - b);
      for (const [id] of byAge.slice(0, Math.max(0, byAge.length - keep))) kept.sessions.delete(id);
    },
    addPending(to, line, now) {
      const place = placeOf(to);
      const key = JSON.stringify([place, line.minute, line.event, dimensionsText(line.dimensions)]);
      const known = kept.pending.get(key);
      const value = (known?.value ?? 0) + line.value;
      const count = (known?.count ?? 0) + line.count;
      kept.pending.set(key, { ...line, place, since: known?.since ?? now, value, count });
    },
    gathering() {
      const since = new Map<string, number>();
      for (const line of kept.pending.values())
        since.set(line.place, Math.min(since.get(line.place) ?? line.since, line.since));
      return [...since].map(([place, first]) => ({ to: destinationOf(place), since: first }));
    },
    pendingCount: () => kept.pending.size,
    takePending(to, most) {
      const place = placeOf(to);
      const due = [...kept.pending]
        .filter(([, line]) => line.place === place)
        .toSorted(([, a], [, b]) => a.minute - b.minute)
        .slice(0, most);
      for (const [key] of due) kept.pending.delete(key);
      return due.map(([, { place: _, since: __, ...line }]) => line);
    },
    queues(dead) {
      const those = oldestFirst().filter((batch) => batch.dead === dead);
      return [...Map.groupBy(those, receiverKey).values()].map((batches) => {
        const first = batches[0]!;
        const { upstream, path } = first;
        return { upstream, path, count: batches.length, first, last: batches.at(-1)!.last };
      });
    },
    batch: (id) => kept.batches.get(id),
    states: (most) => oldestFirst().slice(0, most),
    addBatch: (batch) => void kept.batches.set(batch.id, { ...batch, number: ++kept.number }),
    putBatch: (batch) => void (kept.batches.has(batch.id) && kept.batches.set(batch.id, batch)),
    dropBatch: (id) => void kept.batches.delete(id),
    retryDead(receiver, due) {
      const key = receiverKey(receiver);
      const found = oldestFirst().filter((batch) => batch.dead && receiverKey(batch) === key);
      for (const batch of found) kept.batches.set(batch.id, { ...batch, dead: false, due });
      return found.length;
    },
    told: () => kept.told,
    putTold(told) {
      kept.told = told;
    },
    sets: (event, hour) =>
      [...kept.usage.values()].filter((each) => each.event === event && each.hour === hour).length,
    hasSet: (event, hour, dimensions) => kept.usage.has(setKey(event, hour, dimensions)),
    addUsage(usage) {
      const key = setKey(usage.event, usage.hour, usage.dimensions);
      const known = kept.usage.get(key);
      const value = (known?.value ?? 0) + usage.value;
      kept.usage.set(key, { ...usage, value, count: (known?.count ?? 0) + usage.count });
    },
    usage: ({ event, from, to }) =>
      [...kept.usage.values()]
        .filter((each) => each.hour >= from && each.hour <= to && (event ?? each.event) === each.event)
        .toSorted((a, b) => a.hour - b.hour),
    dropUsage: (before) => dropWhere(kept.usage, ({ hour }) => hour < before),
    balance: () => kept.balance,
    putBalance(balance) {
      kept.balance = balance;
    },
    reserved: () => [...kept.reservations.values()].reduce((sum, { units }) => sum + units, 0),
    reservation: (id) => kept.reservations.get(id)?.units,
    putReservation: (id, units, until) => void kept.reservations.set(id, { units, until }),
    dropReservation: (id) => void kept.reservations.delete(id),
    dropReservations: (before) => dropWhere(kept.reservations, ({ until }) => until <= before),
    appendLine: (line, once) => void kept.lines.unshift({ ...line, number: ++kept.number, once }),
    lineOnce: (key) => kept.lines.find(({ once }) => once?.key === key)?.once?.fingerprint,
    lines: (before, most) =>
      kept.lines
        .filter(({ number }) => number < before)
        .slice(0, most)
        .map(({ once: _, ...line }) => line),
    dropLines(before, keep) {
      kept.lines = kept.lines.slice(0, keep).filter(({ at }) => at >= before);
    },
  };
}
