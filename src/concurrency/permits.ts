import type { KeyedContext } from "../context.ts";
import type { Deps } from "../deps.ts";
import { causeText } from "../observe/cause.ts";
import type { PermitStore } from "../stores/permits/permit-store.ts";
import { Gate, type GateTerms, type Turn, type Visit } from "./gate.ts";
import { HeldPass, type Pass } from "./pass.ts";

/** What a permit needs of the request that it is for, in either half. */
export type Holding = Pick<KeyedContext, "budget" | "execution" | "whenGone" | "record">;

/** Gates that nobody uses are looked for when there are this many, and then whenever they have doubled. */
const FIRST_SWEEP = 1_000;

/** What permits are made with. */
interface PermitTools extends Pick<Deps, "now" | "log"> {
  readonly store: PermitStore;
  /** Tells this isolate from all others. */
  readonly holder: string;
}

/** The gates of an isolate, one a key, and the I/O that they need. */
export class Permits {
  readonly #tools: PermitTools;
  readonly #gates = new Map<string, Gate>();
  #sequence = 0;
  #sweepAt = FIRST_SWEEP;

  constructor(tools: PermitTools) {
    this.#tools = tools;
  }

  /**
   * Takes a permit, at once or when it is the request's turn; never later than its deadline.
   * @param calledOff ends the wait when it aborts, as `full`
   * @returns why there is none, where that is so
   */
  async take(
    key: string,
    terms: GateTerms,
    ctx: Holding,
    calledOff?: AbortSignal,
  ): Promise<Pass | Exclude<Turn, "in">> {
    const { now } = this.#tools;
    const gate = this.#gate(key, terms);
    const visit: Visit = {
      turn: undefined,
      aliveUntil: ctx.budget.deadlineAt,
      queuedAt: undefined,
      wake: () => {},
    };
    gate.enter(visit, now());
    if (visit.turn === "full") return visit.turn;
    const pass = new HeldPass(visit, now, {
      left: () => {
        gate.leave(visit, now());
        this.#settle(key, gate, ctx);
      },
      // What nobody else had to say meanwhile: the lease must not end under who is inside.
      beat: terms.shared ? () => this.#settle(key, gate, ctx) : undefined,
    });
    // What comes after may never run for a request whose client has gone.
    ctx.whenGone?.(() => pass.release());
    if (visit.turn === undefined) {
      // Most need not wait, and listening costs CPU.
      const callOff = () => {
        if (visit.turn !== undefined) return;
        visit.turn = "full";
        pass.release();
        visit.wake();
      };
      if (calledOff?.aborted) callOff();
      else calledOff?.addEventListener("abort", callOff, { once: true });
      await this.#turnOf(visit, key, gate, ctx);
      calledOff?.removeEventListener("abort", callOff);
    }
    return visit.turn === "in" ? pass.start() : visit.turn!;
  }

  /** Waits until it is known what comes of a visit. */
  async #turnOf(visit: Visit, key: string, gate: Gate, ctx: Holding): Promise<void> {
    const { now } = this.#tools;
    while (visit.turn === undefined) {
      this.#settle(key, gate, ctx);
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, Math.max(1, gate.looksAgainAt(visit) - now()));
        // Called by whichever request frees the place: a timer can be stopped by none but its own.
        visit.wake = resolve;
      });
      clearTimeout(timer);
      gate.look(visit, now());
    }
  }

  #gate(key: string, terms: GateTerms): Gate {
    let gate = this.#gates.get(key);
    if (gate === undefined) {
      if (this.#gates.size >= this.#sweepAt) this.#sweep();
      gate = new Gate(terms);
      this.#gates.set(key, gate);
    }
    return gate;
  }

  #sweep(): void {
    const now = this.#tools.now();
    for (const [key, gate] of this.#gates) if (gate.isIdle(now)) this.#gates.delete(key);
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#gates.size * 2);
  }

  /** Asks the store, where there is anything to ask. */
  #settle(key: string, gate: Gate, ctx: Holding): void {
    const { now, holder } = this.#tools;
    const ask = gate.ask(this.#sequence + 1, now());
    if (ask === undefined) return;
    this.#sequence++;
    // Others wait for the answer too, so it may outlive the request that happened to ask.
    ctx.execution.waitUntil(this.#send(key, gate, { ...ask, holder }, ctx));
  }

  async #send(
    key: string,
    gate: Gate,
    ask: Parameters<PermitStore["settle"]>[1],
    ctx: Holding,
  ): Promise<void> {
    const { store, now, log } = this.#tools;
    if (store.remote) await ctx.budget.acquire();
    try {
      gate.answered(ask.sequence, await store.settle(key, ask), now());
    } catch (error) {
      gate.failed(ask.sequence);
      log({ level: "warn", event: "permits-unreachable", cause: causeText(error) });
    } finally {
      if (store.remote) ctx.budget.release();
    }
    // Those who came meanwhile.
    if (gate.waiting > 0) this.#settle(key, gate, ctx);
  }
}
