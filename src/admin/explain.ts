import { problem } from "../errors/problem.ts";
import { RefusalError, refuse } from "../errors/refusal.ts";
import type { Traced } from "../explain/traced.ts";
import { BoundedBody } from "../http/body.ts";
import { isJson } from "../http/media-type.ts";

type Execution = Pick<ExecutionContext, "waitUntil">;

/** Traces a request that somebody describes. @returns what is wrong with the description, as a sentence, or the trace */
export type Explain = (asked: unknown, address: string, execution: Execution) => Promise<Traced | string>;

/** Of a description, in bytes. */
const LIMIT = 1_000_000;

/** Answers `POST /explain`: a real request through the gateway, which counts like any other. */
export async function answerExplain(
  { headers, body }: Request,
  execution: Execution,
  explain: Explain,
  requestId: string,
): Promise<Response> {
  if (!isJson(headers.get("content-type") ?? "")) {
    const detail = "Content-Type must be application/json.";
    return problem(refuse("malformed-header", { detail }), requestId);
  }
  let asked: unknown;
  try {
    asked = await new BoundedBody(body, LIMIT, headers.get("content-length")).json();
  } catch (error) {
    if (error instanceof RefusalError) return problem(error.refusal, requestId);
    throw error;
  }
  const told = await explain(asked, headers.get("cf-connecting-ip") ?? "", execution);
  if (typeof told === "string") return problem(refuse("malformed-body", { detail: told }), requestId);
  return Response.json(told);
}
