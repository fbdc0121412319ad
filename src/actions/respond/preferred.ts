import type { KeyedContext } from "../../context.ts";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import { BODILESS } from "../../http/bodiless.ts";
import { parsePreferences } from "../../http/prefer.ts";
import { parseDuration } from "../../schema/duration.ts";
import type { Action } from "../action.ts";

/** An answer that can be sent at once. */
export interface ReadyAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string | Uint8Array | null;
}

/** What a client in development wants of a route. */
export interface Choice {
  readonly answer: ReadyAnswer;
  /** ms */
  readonly delay: number;
  /** The preferences that were met, as they stand in `Preference-Applied` (RFC 7240 §3). */
  readonly applied: readonly string[];
}

/** Makes the action that lets a client choose with `Prefer`. For development only. */
export function preferring(
  answer: ReadyAnswer,
  examples: ReadonlyMap<string, ReadyAnswer>,
  now: () => number,
): Action {
  return async (ctx) => {
    const field = ctx.headers.get("prefer");
    if (field === null) return send(answer);
    const choice = choose(field, answer, examples);
    if (choice.delay > 0) await pass(choice.delay, ctx, now);
    const response = send(choice.answer);
    if (choice.applied.length > 0) response.headers.set("preference-applied", choice.applied.join(", "));
    return response;
  };
}

/** Sends an answer. */
export function send({ status, headers, body }: ReadyAnswer): Response {
  return new Response(body, { status, headers });
}

/**
 * Chooses by `example=NAME`, `code=STATUS` and `delay=DURATION`; what cannot be met is passed over. A status is that
 * of the example of this status, else the route's own answer under it, or a problem where it is an error.
 */
export function choose(
  field: string,
  answer: ReadyAnswer,
  examples: ReadonlyMap<string, ReadyAnswer>,
): Choice {
  const preferences = parsePreferences(field);
  const applied: string[] = [];
  const take = (name: string) => applied.push(`${name}=${preferences.get(name)}`);
  let chosen = answer;
  const example = examples.get(preferences.get("example") ?? "");
  if (example !== undefined) {
    chosen = example;
    take("example");
  }
  const code = preferences.get("code") ?? "";
  if (/^[2-5]\d\d$/.test(code)) {
    chosen = ofStatus(Number(code), chosen, example === undefined ? [...examples.values()] : []);
    take("code");
  }
  const delay = parseDuration(preferences.get("delay") ?? "");
  if (delay !== undefined) take("delay");
  return { answer: chosen, delay: delay ?? 0, applied };
}

function ofStatus(status: number, answer: ReadyAnswer, examples: readonly ReadyAnswer[]): ReadyAnswer {
  const declared = [answer, ...examples].find((each) => each.status === status);
  if (declared !== undefined) return declared;
  if (status >= 400) return madeUpProblem(status);
  if (!BODILESS.includes(status)) return { ...answer, status };
  const headers = new Headers(answer.headers);
  headers.delete("content-type");
  return { status, headers, body: null };
}

/** RFC 9457 §4.2.1: without a type of its own, the title is the status's. */
function madeUpProblem(status: number): ReadyAnswer {
  const title = new Response(null, { status }).statusText;
  const detail = "Made up for `Prefer: code`: the route declares no answer of this status.";
  return {
    status,
    headers: new Headers({ "content-type": "application/problem+json" }),
    body: JSON.stringify({ type: "about:blank", title, status, detail }),
  };
}

/** Lets time pass, but not more than the request has. */
async function pass(
  delay: number,
  { budget }: Pick<KeyedContext, "budget">,
  now: () => number,
): Promise<void> {
  const left = budget.remaining(now());
  await new Promise((resolve) => setTimeout(resolve, Math.min(delay, left)));
  if (delay >= left) throw new RefusalError(refuse("deadline-exceeded"));
}
