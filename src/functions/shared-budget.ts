import { Budget } from "../budget.ts";

/** Part of a budget's time with all of its connections: for a function that must not take what the request has. */
export class SharedBudget extends Budget {
  readonly #whole: Budget;

  /** @param deadlineAt when the part ends, in ms since the epoch; never later than the whole. */
  constructor(whole: Budget, deadlineAt: number) {
    super(Math.min(deadlineAt, whole.deadlineAt));
    this.#whole = whole;
  }

  override acquire(): Promise<void> | undefined {
    return this.#whole.acquire();
  }

  override release(): void {
    this.#whole.release();
  }

  override unread(...watched: Parameters<Budget["unread"]>): void {
    this.#whole.unread(...watched);
  }
}
