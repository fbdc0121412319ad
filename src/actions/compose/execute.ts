import type { KeyedContext } from "../../context.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import type { ReferenceScope } from "../../references/template.ts";
import { type Part, refusalOfWhole } from "./part.ts";
import type { RunnableStep } from "./runnable-step.ts";
import { type PassedOn, StepRun } from "./step-run.ts";

/** Kept of the time that is left, so that a partial answer still leaves in time: a twentieth, at most 50 ms. */
const RESERVE = { share: 1 / 20, most: 50 };

/** What the steps came to. */
export interface Executed {
  /** In the order of declaration. */
  readonly parts: readonly Part[];
  /** Step name → value or fallback; a part that failed without a fallback has no key. No prototype. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Runs the steps, each as soon as those it waits for are done, within the request's deadline. The first required
 * step that fails, and one that passes its answer on, cancel whatever is still under way.
 * @throws RefusalError of the required part that failed, with `part` and `partStatus`
 */
export function execute(
  steps: readonly RunnableStep[],
  ctx: KeyedContext,
  now: () => number,
): Promise<Executed | PassedOn> {
  return new Promise((resolve, reject) => new Execution(steps, ctx, now, resolve, reject).begin());
}

/** One execution: the state that its steps share. */
class Execution {
  readonly #steps: readonly RunnableStep[];
  readonly #ctx: KeyedContext;
  readonly #now: () => number;
  readonly #resolve: (outcome: Executed | PassedOn) => void;
  readonly #reject: (reason: unknown) => void;

  readonly #scope: ReferenceScope;
  readonly #values: Record<string, unknown> = Object.create(null);
  readonly #parts: Part[];
  /** How many steps each one still waits for. */
  readonly #waiting: number[];
  readonly #running = new Set<StepRun>();
  #open: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #expired = false;
  #over = false;

  constructor(
    steps: readonly RunnableStep[],
    ctx: KeyedContext,
    now: () => number,
    resolve: (outcome: Executed | PassedOn) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#steps = steps;
    this.#ctx = ctx;
    this.#now = now;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#scope = withSteps(ctx.scope(), this.#values);
    this.#parts = new Array(steps.length);
    this.#waiting = steps.map(({ after }) => after.length);
    this.#open = steps.length;
  }

  begin(): void {
    const left = this.#ctx.budget.remaining(this.#now());
    this.#ctx.lookOut?.();
    if (left === 0) this.#expired = true;
    else this.#timer = setTimeout(() => this.#expire(), left - Math.min(RESERVE.most, left * RESERVE.share));
    for (const [index, { after }] of this.#steps.entries()) if (after.length === 0) this.#start(index);
  }

  #start(index: number): void {
    if (this.#over) return;
    const step = this.#steps[index]!;
    const refusal = this.#missing(step) ?? (this.#expired ? refuse("deadline-exceeded") : undefined);
    if (refusal !== undefined) {
      this.#settle(index, notRun(step.name, refusal));
      return;
    }
    const run = new StepRun(step, this.#scope, this.#ctx, this.#now);
    this.#running.add(run);
    run.outcome.then(
      (outcome) => {
        this.#running.delete(run);
        if (this.#over) return;
        if ("passed" in outcome) this.#finish(() => this.#resolve(outcome));
        else this.#settle(index, outcome);
      },
      (bug) => this.#finish(() => this.#reject(bug)),
    );
  }

  /** Why a step that this one needs has no value; undefined where all of them do. */
  #missing({ after }: RunnableStep): Refusal | undefined {
    const lost = after.find((needed) => !(this.#steps[needed]!.name in this.#values));
    return lost === undefined ? undefined : this.#parts[lost]?.refusal;
  }

  #settle(index: number, part: Part): void {
    const { name, optional, fallback, unlocks } = this.#steps[index]!;
    const { refusal, value } = part;
    this.#parts[index] = part;
    if (refusal !== undefined && !optional) {
      this.#finish(() => this.#reject(new RefusalError(refusalOfWhole(part, refusal))));
      return;
    }
    if (refusal === undefined) this.#values[name] = value;
    // A copy: `merge` may change what it is given, and the fallback serves later requests too.
    else if (fallback !== undefined) this.#values[name] = structuredClone(fallback);

    this.#open--;
    if (this.#open === 0) this.#finish(() => this.#resolve({ parts: this.#parts, values: this.#values }));
    for (const next of unlocks) {
      this.#waiting[next]!--;
      if (this.#waiting[next] === 0) this.#start(next);
    }
  }

  /** The deadline is near: nothing more is started, and what is under way has failed. */
  #expire(): void {
    this.#expired = true;
    for (const run of this.#running) run.fail(refuse("deadline-exceeded"));
  }

  #finish(conclude: () => void): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    conclude();
    for (const run of this.#running) run.cancel();
  }
}

/** The part of a step that was never sent, because of its time or of a step that it needs. */
function notRun(name: string, refusal: Refusal): Part {
  return { name, status: undefined, ms: 0, cacheControl: null, refusal, value: undefined };
}

/** Written out, because a spread would parse the query of every request. */
function withSteps(base: ReferenceScope, steps: ReferenceScope["steps"]): ReferenceScope {
  const { params, headers, identity, request } = base;
  return {
    params,
    headers,
    identity,
    request,
    steps,
    get query() {
      return base.query;
    },
  };
}
