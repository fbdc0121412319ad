import type { KeyedContext } from "../../context.ts";
import type { ErrorCode } from "../../errors/catalog.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import type { ReferenceScope } from "../../references/template.ts";
import type { Part } from "./part.ts";
import { readJson } from "./read-json.ts";
import type { RunnableStep } from "./runnable-step.ts";

/** An answer that a step passes on as the whole answer. */
export interface PassedOn {
  readonly passed: Response;
}

/**
 * One run of a step. It can be ended from outside at any time, and does not wait until an origin notices. Nothing
 * here listens on the signal: listeners are CPU that every step would pay and few would use.
 */
export class StepRun {
  /** How it went. Rejects with a bug; stays open after {@link cancel}. */
  readonly outcome: Promise<Part | PassedOn>;
  readonly #step: RunnableStep;
  readonly #now: () => number;
  readonly #started: number;
  readonly #exchange = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #resolve!: (outcome: Part | PassedOn) => void;
  #reader: { cancel(): Promise<void> } | undefined;
  #status: number | undefined;
  #cacheControl: string | null = null;
  #over = false;

  constructor(step: RunnableStep, scope: ReferenceScope, ctx: KeyedContext, now: () => number) {
    this.#step = step;
    this.#now = now;
    this.#started = now();
    const { timeout } = step;
    if (timeout !== undefined) this.#timer = setTimeout(() => this.#expire(), timeout);
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#run(scope, ctx).catch(reject);
    });
  }

  /** Ends the step as failed and aborts its exchange, wherever it stands. */
  fail(refusal: Refusal): void {
    if (this.#over) return;
    this.cancel();
    this.#resolve(this.#part(refusal, undefined));
  }

  /** Ends the step without an outcome and aborts its exchange. */
  cancel(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#exchange.abort();
    this.#reader?.cancel().catch(() => {});
  }

  async #run(scope: ReferenceScope, ctx: KeyedContext): Promise<void> {
    try {
      const response = await this.#step.send(scope, ctx, this.#exchange);
      if (this.#over) return discard(response);
      const { status } = response;
      this.#status = status;
      this.#cacheControl = response.headers.get("cache-control");
      if (this.#step.passStatus.includes(status)) return this.#end({ passed: response });
      if (!response.ok) {
        discard(response);
        throw new RefusalError(refuse(codeOf(status), { cause: `the origin answered ${status}` }));
      }
      const value = await readJson(response, (reader) => {
        this.#reader = reader;
      });
      if (!this.#over) this.#end(this.#part(undefined, this.#step.shape(value)));
    } catch (error) {
      if (this.#over) return;
      if (!(error instanceof RefusalError)) throw error;
      this.#end(this.#part(error.refusal, undefined));
    }
  }

  #end(outcome: Part | PassedOn): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#resolve(outcome);
  }

  #expire(): void {
    this.fail(refuse("upstream-timeout", { cause: "took longer than the step's timeout" }));
  }

  #part(refusal: Refusal | undefined, value: unknown): Part {
    return {
      name: this.#step.name,
      status: this.#status,
      ms: this.#now() - this.#started,
      cacheControl: this.#cacheControl,
      refusal,
      value,
    };
  }
}

/** An origin that is unavailable or timed out itself is told apart; anything else cannot be used. */
function codeOf(status: number): ErrorCode {
  if (status === 503) return "upstream-unavailable";
  if (status === 504) return "upstream-timeout";
  return "upstream-invalid";
}

/** Frees the connection of an answer that nobody reads. */
function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}
