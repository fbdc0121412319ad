import { Signals } from "../signals/signals.ts";
import { createDurableObjectSignals } from "../stores/signals/durable-object.ts";
import type { PartTools } from "./part.ts";

/** Above what the first use of an object's name takes; nobody waits for it. */
const TIMEOUT_MS = 5_000;

/** Always in objects: one place has to decide for all isolates. */
export function open({ exports, now, log }: PartTools): Signals {
  return new Signals({
    store: createDurableObjectSignals(exports.SignalsObject, { timeoutMs: TIMEOUT_MS }),
    isolate: crypto.randomUUID(),
    now,
    log,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
}
