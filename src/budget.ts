/** How many subrequests of one request may wait for response headers at once: the platform's limit. */
export const CONNECTION_SLOTS = 6;

/**
 * What one request, with everything it dispatches, may spend: time and connections.
 * Shared by composed steps, key sets, limiters and hooks, so that none can spend what another needs.
 */
export class Budget {
  /** When the answer is due, in ms since the epoch. */
  readonly deadlineAt: number;
  /** Subrequests started so far. */
  subrequests = 0;
  #free = CONNECTION_SLOTS;
  readonly #waiting: Array<() => void> = [];
  #unread: Array<readonly [body: ReadableStream, abandoned: () => void]> | undefined;

  constructor(deadlineAt: number) {
    this.deadlineAt = deadlineAt;
  }

  /** Milliseconds left; never negative. */
  remaining(now: number): number {
    return Math.max(0, this.deadlineAt - now);
  }

  /** Takes one of the six connection slots: at once (undefined), or when one is given back (a promise). */
  acquire(): Promise<void> | undefined {
    this.subrequests++;
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives a slot back; call it once the subrequest's response headers are in, or it has failed. */
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }

  /**
   * Somebody waits for the end of a body, which never comes if nobody reads it.
   * @param abandoned called where nobody has begun to when the request is answered
   */
  unread(body: ReadableStream, abandoned: () => void): void {
    this.#unread ??= [];
    this.#unread.push([body, abandoned]);
  }

  /** The request is answered. */
  answered(answer: Response): void {
    if (this.#unread === undefined) return;
    for (const [body, abandoned] of this.#unread) if (!body.locked && body !== answer.body) abandoned();
  }
}

/** Has a subrequest made in one of the connection slots, which it gives back when it has settled. */
export async function inSlot<T>(
  budget: Pick<Budget, "acquire" | "release">,
  subrequest: () => T | Promise<T>,
): Promise<T> {
  const slot = budget.acquire();
  if (slot !== undefined) await slot;
  try {
    return await subrequest();
  } finally {
    budget.release();
  }
}
