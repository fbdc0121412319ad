import type { Deps } from "../deps.ts";
import type { Entry } from "../metering/meters.ts";
import type { TracedCounts } from "./traced.ts";

/** What a policy has counted, and what it was told of it; emptied before each of its phases. */
export type NotedCounts = { -readonly [Key in keyof TracedCounts]: Array<TracedCounts[Key][number]> };

export function noCounts(): NotedCounts {
  return { quotas: [], credits: [], metered: [] };
}

/** Remembers which quotas are asked, which credit, and what is counted for billing. */
export function noteCounts(deps: Deps, noted: NotedCounts): Deps {
  const { quotas, meters } = deps;
  const note = ({ metered }: Entry) => {
    if (metered !== undefined) noted.metered.push({ event: metered.event, value: metered.value });
  };
  return {
    ...deps,
    quotas: {
      ...quotas,
      async take(key, ask, left) {
        const grant = await quotas.take(key, ask, left);
        const { allowed, used, period } = grant;
        const { quota: name, limit } = ask;
        noted.quotas.push({ name, limit, used, allowed, until: new Date(period.end).toISOString() });
        return grant;
      },
    },
    meters: {
      newId: () => meters.newId(),
      credit: (shown, ctx, ms) => meters.credit(shown, ctx, ms),
      note(subject, entry, execution) {
        note(entry);
        meters.note(subject, entry, execution);
      },
      commit(subject, entry, execution) {
        note(entry);
        return meters.commit(subject, entry, execution);
      },
      // Most gateways have no meters, and so no store of theirs.
      store: meters && {
        ...meters.store,
        async reserve(subject, id, units) {
          const credit = await meters.store.reserve(subject, id, units);
          const { granted, balance, reserved } = credit;
          noted.credits.push({ units, granted, balance, reserved });
          return credit;
        },
      },
    },
  };
}
