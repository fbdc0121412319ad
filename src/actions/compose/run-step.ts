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
 * Runs one step until its answer is read and shaped, it has failed, its own time is over or `controller` aborts it;
 * then the exchange is aborted too, wherever it stands.
 * @throws what is no refusal: a bug, or the reason that `controller` was aborted with
 */
export async function runStep(
  step: RunnableStep,
  scope: ReferenceScope,
  ctx: KeyedContext,
  controller: AbortController,
  now: () => number,
): Promise<Part | PassedOn> {
  const { name, timeout } = step;
  const { signal } = controller;
  const started = now();
  const timer = timeout === undefined ? undefined : setTimeout(expire, timeout, controller, name);
  let status: number | undefined;
  let cacheControl: string | null = null;
  let refusal: Refusal | undefined;
  let value: unknown;
  try {
    const response = await orAbort(step.send(scope, ctx, signal), signal);
    ({ status } = response);
    cacheControl = response.headers.get("cache-control");
    if (step.passStatus.includes(status)) return { passed: response };
    if (!response.ok) {
      discard(response);
      throw new RefusalError(refuse(codeOf(status), { cause: `part "${name}" answered ${status}` }));
    }
    value = step.shape(await readJson(response, signal));
  } catch (error) {
    const cause = signal.aborted ? signal.reason : error;
    if (!(cause instanceof RefusalError)) throw cause;
    ({ refusal } = cause);
  } finally {
    clearTimeout(timer);
  }
  return { name, status, ms: now() - started, cacheControl, refusal, value };
}

function expire(controller: AbortController, name: string): void {
  const cause = `part "${name}" took longer than its timeout`;
  controller.abort(new RefusalError(refuse("upstream-timeout", { cause })));
}

/** An origin that is unavailable or timed out itself is told apart; anything else cannot be used. */
function codeOf(status: number): ErrorCode {
  if (status === 503) return "upstream-unavailable";
  if (status === 504) return "upstream-timeout";
  return "upstream-invalid";
}

/** Waits for the answer, but not past an abort: who sends may be slow to notice, or never do. */
function orAbort(answer: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    answer.then((response) => {
      signal.removeEventListener("abort", abort);
      if (signal.aborted) discard(response);
      else resolve(response);
    }, reject);
  });
}

/** Frees the connection of an answer that nobody reads. */
function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}
