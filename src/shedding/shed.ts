import type { KeyedContext } from "../context.ts";
import type { Deps } from "../deps.ts";
import { RefusalError, refuse } from "../errors/refusal.ts";
import { jitteredRetryAfter } from "../http/retry-after.ts";
import { inMode, type Mode } from "../observe/report.ts";
import type { Gauge } from "../signals/gauge.ts";
import type { UpstreamRequest } from "../upstream/upstream.ts";
import { AdaptiveLimit, type Bounds } from "./adaptive-limit.ts";
import { roomFor } from "./priority.ts";

/** An upstream's `shed` as checked: plain JSON. */
export interface CompiledShed extends Bounds {
  readonly mode: Mode;
}

/** What a shed works with. */
export interface ShedTools extends Pick<Deps, "now" | "random"> {
  /** Is told whom it refuses. */
  readonly gauge?: Pick<Gauge, "refused"> | undefined;
}

/** A request that is in flight. */
export interface InFlight {
  /** After this it is taken for lost: a request may end without a word. In ms since the epoch. */
  readonly until: number;
}

/** A request without an answer is taken for lost so long after its deadline, in ms. */
const GRACE_MS = 1_000;
/** How often the lost are looked for, at most, in ms. */
const SWEEP_MS = 1_000;

/** Refuses requests to one upstream that it could not bear now, the least important first. In this isolate alone. */
export class Shed {
  readonly #name: string;
  readonly #mode: Mode;
  readonly #tools: ShedTools;
  readonly #limit: AdaptiveLimit;
  readonly #inFlight = new Set<InFlight>();
  #sweptAt = 0;

  constructor(name: string, { mode, ...bounds }: CompiledShed, tools: ShedTools) {
    this.#name = name;
    this.#mode = mode;
    this.#tools = tools;
    this.#limit = new AdaptiveLimit(bounds, tools.now());
  }

  /** @throws RefusalError `temporary-reduced-capacity` */
  enter({ optional }: Pick<UpstreamRequest, "optional">, ctx: KeyedContext): InFlight {
    const room = roomFor(optional ? "optional" : ctx.plan.road.priority, this.#limit.current);
    if (this.#inFlight.size >= room) this.#sweep();
    if (this.#inFlight.size >= room) this.#refuse(ctx);
    const entered: InFlight = { until: ctx.budget.deadlineAt + GRACE_MS };
    this.#inFlight.add(entered);
    // What comes after may never run for a request whose client has gone.
    ctx.whenGone?.(() => this.#inFlight.delete(entered));
    return entered;
  }

  /**
   * The exchange is over.
   * @param answered whether it tells how long the upstream takes: it answered, and not that it has too much to do
   * @param sentAt when it was sent, in ms since the epoch
   */
  leave(entered: InFlight, answered: boolean, sentAt: number, now: number): void {
    const inFlight = this.#inFlight.size;
    if (this.#inFlight.delete(entered) && answered) this.#limit.answered(sentAt, now, inFlight);
  }

  #refuse(ctx: KeyedContext): void {
    const refusal = refuse("temporary-reduced-capacity", {
      headers: [["Retry-After", jitteredRetryAfter(this.#tools.random)]],
      cause: `${this.#name}: ${this.#inFlight.size} in flight, it can bear ${this.#limit.current}`,
    });
    const due = inMode(this.#mode, refusal, "shed", ctx);
    if (due === undefined) return;
    this.#tools.gauge?.refused(this.#tools.now(), ctx.execution);
    throw new RefusalError(due);
  }

  #sweep(): void {
    const now = this.#tools.now();
    if (now < this.#sweptAt + SWEEP_MS) return;
    this.#sweptAt = now;
    for (const each of this.#inFlight) if (each.until <= now) this.#inFlight.delete(each);
  }
}

/** Makes the shed of an upstream. */
export function create(name: string, options: CompiledShed, tools: ShedTools): Shed {
  return new Shed(name, options, tools);
}
