/** Long enough to tell requests apart, short enough to log, and nothing that means anything in a log or a header. */
const ACCEPTABLE = /^[A-Za-z0-9._-]{8,128}$/;

/**
 * The request's id: the caller's own where it is harmless, else the fallback.
 * @param inbound the `X-Request-Id` of the request.
 * @param fallback an id made here, such as the trace id.
 */
export function requestId(inbound: string | null, fallback: string): string {
  return inbound !== null && ACCEPTABLE.test(inbound) ? inbound : fallback;
}
