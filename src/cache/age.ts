import { parseHttpDate } from "./http-date.ts";

/**
 * When a response was made, in ms since the epoch: the time of its arrival minus the age it had then
 * (RFC 9111 §4.2.3, `corrected_initial_age`).
 * @param requestedAt when the request left, and @param receivedAt when the response headers were in, in ms.
 */
export function bornAt(headers: Headers, requestedAt: number, receivedAt: number): number {
  const date = parseHttpDate(headers.get("date"));
  // Dates count whole seconds, so a fraction of one is no age.
  const apparentAge = date === undefined ? 0 : Math.floor((receivedAt - date) / 1_000) * 1_000;
  const age = /^\d{1,10}/.exec(headers.get("age") ?? "");
  const correctedAge = (age === null ? 0 : Number(age[0]) * 1_000) + receivedAt - requestedAt;
  return receivedAt - Math.max(0, apparentAge, correctedAge);
}

/** The `Age` of a response at `now`, in whole seconds. */
export function ageAt(bornAt: number, now: number): number {
  return Math.max(0, Math.floor((now - bornAt) / 1_000));
}
