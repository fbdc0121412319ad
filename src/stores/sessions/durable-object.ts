import { within } from "../counters/time-bound.ts";
import type { NewSession, RefreshClaim, SessionChoice, SessionStore } from "./session-store.ts";
import { CLAIM_MS } from "./session-store.ts";

/** What the store needs of the namespace of `SessionsObject`: `ctx.exports.SessionsObject`. */
export interface SessionsNamespace {
  getByName(name: string): {
    open(session: NewSession): Promise<void>;
    generation(id: string): Promise<number | undefined>;
    claimRefresh(id: string, generation: number, wait: boolean): Promise<RefreshClaim>;
    renew(id: string, generation: number, sealed: string): Promise<boolean>;
    giveUp(id: string): Promise<void>;
    end(which: SessionChoice): Promise<void>;
    own(owner: string, until: number): Promise<void>;
    owner(): Promise<string | undefined>;
  };
}

/** Above what the first use of an object's name takes, which is looked up round the world. */
const CALL_MS = 5_000;

/** Sessions in Durable Objects, one for each owner and one for each session of a provider: exact over the globe. */
export function createDurableObjectSessions(namespace: SessionsNamespace): SessionStore {
  // A stub that has failed stays broken, so each call makes its own.
  const ofOwner = (owner: string) => namespace.getByName(`owner ${owner}`);
  const ofSid = (sid: string) => namespace.getByName(`sid ${sid}`);
  const soon = <T>(work: Promise<T>, ms = CALL_MS) => within(ms, work, "sessions");
  return {
    async open(owner, session) {
      const { sid, until } = session;
      await soon(
        Promise.all([
          ofOwner(owner).open(session),
          sid === undefined ? undefined : ofSid(sid).own(owner, until),
        ]),
      );
    },
    generation: (owner, id) => soon(ofOwner(owner).generation(id)),
    claimRefresh: (owner, id, generation, wait) =>
      soon(ofOwner(owner).claimRefresh(id, generation, wait), CALL_MS + (wait ? CLAIM_MS : 0)),
    renew: (owner, id, generation, sealed) => soon(ofOwner(owner).renew(id, generation, sealed)),
    giveUp: (owner, id) => soon(ofOwner(owner).giveUp(id)),
    end: (owner, which) => soon(ofOwner(owner).end(which)),
    ownerOf: (sid) => soon(ofSid(sid).owner()),
  };
}
