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
  result: T | Promise<T>,
  { budget }: Pick<KeyedContext, "budget">,
  { now }: Pick<Deps, "now">,
): Promise<T> {
  if (!(result instanceof Promise)) return result;
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
