import { createDurableObjectSessions } from "../stores/sessions/durable-object.ts";
import { createMemorySessions } from "../stores/sessions/memory.ts";
import type { SessionStore } from "../stores/sessions/session-store.ts";
import type { PartTools } from "./part.ts";

export function open({ counters, exports, now }: PartTools): SessionStore {
  return counters === "memory"
    ? createMemorySessions(now)
    : createDurableObjectSessions(exports.SessionsObject);
}
