import type { Flush, MeterStore } from "../stores/meters/meter-store.ts";
import { Tally } from "./tally.ts";

/** What a sender works with. */
export interface SenderTools {
  readonly store: Pick<MeterStore, "open" | "flush">;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: (line: Readonly<Record<string, unknown>>) => void;
}

/** What is on its way, and stays as it is until it is known to have arrived. */
interface UnderWay {
  readonly tally: Tally;
  readonly sequence: number;
  /** Whether it may have arrived before. */
  tried: boolean;
}

/** After this a hand-over has died with the request that carried it, in ms: the platform ends those after 30 s. */
const DEAD_MS = 15_000;

/**
 * Hands one consumer's events over, one flush at a time: the next goes once the one before is known to have arrived. So
 * the number of the last one is all that the store has to remember, and a flush that is sent again is counted once.
 */
export class Sender {
  readonly subject: string;
  /** When it was put down for a hand-over; undefined where it is in none. */
  enlistedAt: number | undefined;
  readonly #tools: SenderTools;
  #gathering = new Tally();
  #session: number | undefined;
  #sequence = 0;
  #underWay: UnderWay | undefined;
  #running: { readonly since: number; done: Promise<void> } | undefined;

  constructor(subject: string, tools: SenderTools) {
    this.subject = subject;
    this.#tools = tools;
  }

  /** What the next flush will hold. */
  get gathering(): Tally {
    return this.#gathering;
  }

  /** Whether nothing of it would be lost. */
  get isIdle(): boolean {
    return this.#gathering.isEmpty && this.#underWay === undefined;
  }

  /** Sends what has gathered and, while somebody waits for it, what gathers meanwhile. Rejects where that failed. */
  send(): Promise<void> {
    const now = this.#tools.now();
    // Where the clock was set back there is no telling.
    if (this.#running !== undefined && Math.abs(now - this.#running.since) < DEAD_MS)
      return this.#running.done;
    const running = { since: now, done: Promise.resolve() };
    this.#running = running;
    running.done = this.#drain(running);
    return running.done;
  }

  async #drain(run: object): Promise<void> {
    const isMine = () => this.#running === run;
    const last = this.#gathering;
    let failures = 0;
    try {
      while (this.#underWay !== undefined || !last.isEmpty || this.#gathering.isUrgent) {
        if (this.#underWay === undefined && this.#gathering !== last && !this.#gathering.isUrgent) return;
        try {
          await this.#step(isMine);
        } catch (error) {
          if (!isMine()) return;
          const isUrgent = this.#underWay?.tally.isUrgent || this.#gathering.isUrgent;
          if (!isUrgent || ++failures > 1) throw error;
        }
        if (!isMine()) return;
      }
    } catch (error) {
      this.#underWay?.tally.tell({ error });
      this.#gathering.tell({ error });
      throw error;
    } finally {
      // At once: who comes now must not wait for what has ended.
      if (isMine()) this.#running = undefined;
    }
  }

  /** Sends one flush, the one that was sent before where there is one. */
  async #step(isMine: () => boolean): Promise<void> {
    const { store } = this.#tools;
    if (this.#session === undefined) {
      const session = await store.open(this.subject);
      if (!isMine()) return;
      this.#session = session;
      this.#sequence = this.#underWay === undefined ? 0 : 1;
      if (this.#underWay !== undefined) this.#underWay = { ...this.#underWay, sequence: 1 };
    }
    if (this.#underWay === undefined) {
      this.#underWay = { tally: this.#gathering, sequence: ++this.#sequence, tried: false };
      this.#gathering = new Tally();
    }
    const current = this.#underWay;
    const { tally, sequence, tried } = current;
    current.tried = true;
    const flush: Flush = { session: this.#session, sequence, ...tally.content() };
    const outcome = await store.flush(this.subject, flush);
    if (!isMine()) return;
    if (outcome === "forgotten") {
      this.#session = undefined;
      if (!tried) {
        current.tried = false;
        return;
      }
      // Whether it was counted before is not known any more, and what is charged must not be charged twice.
      this.#tools.log({
        level: "error",
        event: "metered-unknown",
        subject: this.subject,
        ...tally.content(),
      });
      tally.tell({ error: new Error("the session was forgotten") });
    } else tally.tell();
    this.#underWay = undefined;
  }
}
