import { causeText } from "../observe/cause.ts";
import { within } from "../stores/counters/time-bound.ts";
import type { Credit, MeterStore, Settlement } from "../stores/meters/meter-store.ts";
import { type Metering, subjectReader } from "./meter.ts";
import { Sender, type SenderTools } from "./sender.ts";
import type { Metered } from "./tally.ts";

/** Most consumers whose events an isolate holds at one time. */
const MOST_SUBJECTS = 10_000;
/** Consumers handed over by one request: the platform bounds what one may call. */
const AT_ONCE = 20;
/** How often a hand-over is tried by one request. What it cannot hand over is left to the next. */
const TRIES = 3;

/** What meters work with. */
export interface MetersTools extends Omit<SenderTools, "store"> {
  readonly store: MeterStore;
  /** Resolves after so many ms. */
  readonly wait: (ms: number) => Promise<void>;
  /** Events are handed over this long after the first of them, in ms. */
  readonly every: number;
  /** An id that nobody else makes. */
  readonly id: () => string;
}

/** Consumers whose events one request takes along. */
interface HandOver {
  readonly since: number;
  readonly senders: Sender[];
}

type Execution = Pick<ExecutionContext, "waitUntil">;

/** What a request leaves: an event, what becomes of its reservation, or both. */
export interface Entry {
  readonly metered?: Metered | undefined;
  readonly settled?: Settlement | undefined;
}

/** Meters that take from one credit, as a caller is told of them. */
export interface ShownCredit {
  /** Who pays: see `MeterOptions.by`. */
  readonly by: string | undefined;
  readonly meters: ReadonlyArray<{ readonly event: string; readonly reserve: number }>;
}

/** What this isolate has metered and not handed over yet. */
export class Meters {
  readonly store: MeterStore;
  readonly #tools: MetersTools;
  readonly #senders = new Map<string, Sender>();
  /** The hand-over that still takes consumers on. */
  #open: HandOver | undefined;

  constructor(tools: MetersTools) {
    this.#tools = tools;
    this.store = tools.store;
  }

  /** @returns an id for a reservation */
  newId(): string {
    return this.#tools.id();
  }

  /** Tells callers of their own credit. @param ms after this it rejects */
  async credit(
    { by, meters }: ShownCredit,
    ctx: Metering,
    ms: number,
  ): Promise<Credit & Pick<ShownCredit, "meters">> {
    const { balance, reserved } = await within(ms, this.store.credit(subjectReader(by)(ctx)), "meters");
    return { balance, reserved, meters };
  }

  /** Adds what a request leaves. It is handed over after the answer, within the interval. */
  note(subject: string, entry: Entry, execution: Execution): void {
    const sender = this.#senderOf(subject);
    if (sender === undefined) {
      this.#tools.log({ level: "error", event: "metered-too-many", subject, ...entry });
      return;
    }
    put(sender, entry);
    this.#enlist(sender, execution);
  }

  /** Adds what a request leaves and resolves once it is written. Rejects where it could not be. */
  async commit(subject: string, entry: Entry, execution: Execution): Promise<void> {
    const sender = this.#senderOf(subject);
    if (sender === undefined) throw new Error("too many consumers at one time");
    put(sender, entry);
    const written = sender.gathering.written();
    // Goes on should this request's client leave: others may wait for the same flush.
    execution.waitUntil(sender.send().catch(() => this.#enlist(sender, execution)));
    return written;
  }

  #enlist(sender: Sender, execution: Execution): void {
    const { now, every } = this.#tools;
    const at = now();
    if (isRecent(sender.enlistedAt, at, every)) return;
    sender.enlistedAt = at;
    if (
      this.#open === undefined ||
      this.#open.senders.length >= AT_ONCE ||
      !isRecent(this.#open.since, at, every)
    ) {
      this.#open = { since: at, senders: [] };
      execution.waitUntil(this.#handOver(this.#open));
    }
    this.#open.senders.push(sender);
  }

  async #handOver(taken: HandOver): Promise<void> {
    const { wait, every, log } = this.#tools;
    await wait(every);
    if (this.#open === taken) this.#open = undefined;
    const sendOff = async (sender: Sender) => {
      for (let failures = 0; ; ) {
        sender.enlistedAt = undefined;
        try {
          return await sender.send();
        } catch (error) {
          log({
            level: "warn",
            event: "metered-not-stored",
            subject: sender.subject,
            cause: causeText(error),
          });
          if (++failures >= TRIES) return;
          await wait(every);
        }
      }
    };
    await Promise.all(taken.senders.map(sendOff));
  }

  #senderOf(subject: string): Sender | undefined {
    let sender = this.#senders.get(subject);
    if (sender !== undefined) return sender;
    if (this.#senders.size >= MOST_SUBJECTS && !this.#forgetIdle()) return undefined;
    sender = new Sender(subject, this.#tools);
    this.#senders.set(subject, sender);
    return sender;
  }

  #forgetIdle(): boolean {
    for (const [subject, sender] of this.#senders) if (sender.isIdle) this.#senders.delete(subject);
    return this.#senders.size < MOST_SUBJECTS;
  }
}

function put({ gathering }: Sender, { metered, settled }: Entry): void {
  if (metered !== undefined) gathering.add(metered);
  if (settled !== undefined) gathering.settle(settled);
}

/** Whether what began then will still come: a hand-over so old has died with its request. */
function isRecent(since: number | undefined, now: number, every: number): boolean {
  // Where the clock was set back there is no telling.
  return since !== undefined && now >= since && now - since < 2 * every;
}
