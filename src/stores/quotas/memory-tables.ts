import type { QuotaState } from "./count.ts";
import type { QuotaLine, Warning } from "./quota-store.ts";
import type { KeptLine, QuotaTables } from "./tables.ts";

/** Tables in memory. */
export function memoryTables(): QuotaTables {
  let state: QuotaState | undefined;
  let number = 0;
  const released = new Set<number>();
  const warnings = new Map<string, Warning>();
  let lines: Array<KeptLine & { readonly number: number }> = [];
  return {
    // Nothing here fails half way.
    atomically: (work) => work(),
    state: () => state,
    putState(next) {
      state = next;
    },
    isReleased: (taken) => released.has(taken),
    putReleased: (taken) => void released.add(taken),
    dropReleased(last) {
      for (const taken of released) if (taken <= last) released.delete(taken);
    },
    warnings: () => [...warnings.values()].toSorted((a, b) => a.due - b.due),
    putWarning: (warning) => void warnings.set(warning.id, warning),
    dropWarning: (id) => void warnings.delete(id),
    appendLine(line) {
      lines.push({ ...line, number: ++number });
      return number;
    },
    lines: () => lines.map(shown).toReversed(),
    lineOnce: (key) => lines.find(({ once }) => once?.key === key)?.once,
    dropLines(last, before) {
      lines = lines.filter((line) => line.number > last && line.at >= before);
    },
    clear() {
      state = undefined;
      lines = [];
      released.clear();
      warnings.clear();
    },
  };
}

function shown({ once: _, ...line }: KeptLine & { readonly number: number }): QuotaLine {
  return line;
}
