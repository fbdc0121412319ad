import { readAsked, requestOf } from "./asked.ts";
import { type Tracing, traceRequest } from "./trace-request.ts";
import type { Traced } from "./traced.ts";

/**
 * Answers a request that an administrator describes, and tells how it went instead of what came of it: the body of
 * the answer is left out. The only module that the Worker loads for that, and only then.
 * @param asked what was sent as an `Asked`
 * @param address of whoever asks
 * @returns what is wrong with it, as a sentence, where something is
 */
export async function explain(
  asked: unknown,
  address: string,
  execution: Pick<ExecutionContext, "waitUntil">,
  tracing: Tracing,
): Promise<Traced | string> {
  const read = readAsked(asked);
  if (typeof read === "string") return read;
  const request = requestOf(read, address);
  return typeof request === "string" ? request : traceRequest(request, execution, tracing);
}
