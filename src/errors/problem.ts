import type { Refusal } from "./refusal.ts";

/** The base of every problem `type`; the code is appended. A relative reference, as RFC 9457 §3.1.1 allows. */
export const PROBLEM_TYPE_BASE = "/_gateway/errors#";

const PROBLEM_HEADERS = new Headers({
  "content-type": "application/problem+json",
  "cache-control": "no-store",
});

/** The body of a problem answer, RFC 9457 §3. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly requestId: string;
  readonly [extension: string]: unknown;
}

/**
 * Turns a refusal into its answer: the only place that does.
 * @param requestId the id the client can quote to support; it is also in the access log.
 */
export function problem(refusal: Refusal, requestId: string): Response {
  const { status, title } = refusal.entry;
  const { detail, extensions, headers } = refusal.details;
  const body: ProblemBody = {
    ...extensions,
    type: PROBLEM_TYPE_BASE + refusal.code,
    title,
    status,
    code: refusal.code,
    ...(detail !== undefined && { detail }),
    requestId,
  };
  const answer = new Headers(PROBLEM_HEADERS);
  for (const [name, value] of headers ?? []) answer.append(name, value);
  return new Response(JSON.stringify(body), { status, headers: answer });
}
