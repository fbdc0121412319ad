import { HEARTBEAT_MS, type Visit } from "./gate.ts";

/** A permit that a request holds. */
export interface Pass {
  /** Gives it back; a second time does nothing. */
  release(): void;
  /** The answer's headers are there, its body goes on: from now on the request says itself that it lives. */
  stream(): void;
}

/** A request without an answer is taken for lost so long after its deadline, in ms. */
const GRACE_MS = 1_000;
/** One that streams is taken for lost when it has not been heard of for so long, in ms. */
const SILENT_MS = 3 * HEARTBEAT_MS;

/** What a pass tells. */
interface Told {
  readonly left: () => void;
  /** Called again and again while it is held; undefined where nobody needs to know. */
  readonly beat: (() => void) | undefined;
}

/** A permit for one visit. Its timer is its request's own: it ends with it, however that ends. */
export class HeldPass implements Pass {
  readonly #visit: Visit;
  readonly #now: () => number;
  readonly #told: Told;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #streams = false;
  #released = false;

  constructor(visit: Visit, now: () => number, told: Told) {
    this.#visit = visit;
    this.#now = now;
    this.#told = told;
  }

  /** The visit is inside. */
  start(): this {
    this.#visit.aliveUntil += GRACE_MS;
    if (this.#told.beat !== undefined) this.#wait();
    return this;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    clearTimeout(this.#timer);
    this.#told.left();
  }

  stream(): void {
    if (this.#released || this.#streams) return;
    this.#streams = true;
    this.#live();
    if (this.#timer === undefined) this.#wait();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      if (this.#streams) this.#live();
      this.#told.beat?.();
      this.#wait();
    }, HEARTBEAT_MS);
  }

  #live(): void {
    this.#visit.aliveUntil = this.#now() + SILENT_MS;
  }
}
