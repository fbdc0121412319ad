import type { Ask, Grant } from "../../src/leases/message.ts";
import type { Send } from "./isolate.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** What goes wrong between isolates and stores, each with a probability. */
export interface Faults {
  /** An ask or an answer is lost. */
  readonly lost: number;
  /** An answer comes twice. */
  readonly twice: number;
  /** An answer takes up to ten seconds longer, so that it is overtaken. */
  readonly late: number;
  /** Whether nothing gets through at this time. */
  readonly cut: (now: number) => boolean;
}

/** What takes asks. */
interface Receiver {
  ask(ask: Ask, reply: (grant: Grant) => void): void;
}

/** A way from an isolate to a store and back, `tripMs` long. */
export function way(timeline: Timeline, random: Random, to: Receiver, tripMs: number, faults?: Faults): Send {
  if (faults === undefined) {
    return (ask, reply) =>
      timeline.after(tripMs / 2, () =>
        to.ask(ask, (grant) => timeline.after(tripMs / 2, () => reply(grant))),
      );
  }
  const isLost = () => faults.cut(timeline.now) || random() < faults.lost;
  return (ask, reply) => {
    if (isLost()) return;
    timeline.after(tripMs / 2, () =>
      to.ask(ask, (grant) => {
        if (isLost()) return;
        const delay = tripMs / 2 + (random() < faults.late ? random() * 10_000 : 0);
        timeline.after(delay, () => reply(grant));
        if (random() < faults.twice) timeline.after(delay + random() * 10_000, () => reply(grant));
      }),
    );
  };
}
