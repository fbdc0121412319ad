import type { KeyedContext } from "../context.ts";
import type { Deps } from "../deps.ts";
import { RefusalError, refuse } from "../errors/refusal.ts";

/** In ms. What a function calls ends at the deadline too, and its failure says more of why: it may speak first. */
const GRACE = 20;

/**
 * Waits for what a user's function comes to, but not past the request's deadline. The function itself cannot be
 * stopped; what it calls through its context ends at the deadline by itself.
 * @throws RefusalError `deadline-exceeded`
 */
export async function inTime<T>(
  result: T | PromiseLike<T>,
  { budget }: Pick<KeyedContext, "budget">,
  { now }: Pick<Deps, "now">,
): Promise<T> {
  if (!isThenable(result)) return result;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const expire = () => reject(new RefusalError(refuse("deadline-exceeded")));
    timer = setTimeout(expire, budget.remaining(now()) + GRACE);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whatever `await` would wait for: a promise of another kind may never settle either. */
function isThenable<T>(result: T | PromiseLike<T>): result is PromiseLike<T> {
  const mayBe = (typeof result === "object" && result !== null) || typeof result === "function";
  return mayBe && "then" in result && typeof result.then === "function";
}
