import type { KeyedContext } from "../context.ts";
import { isDecodedOnRead, takeOffCoding } from "../http/content-coding.ts";
import { declaredLength } from "../streams/tap.ts";
import type { Pass } from "./pass.ts";

/** A body that is being carried. */
interface Carried {
  /** What waits for its end. */
  readonly passes: Pass[];
  /** One that is empty ends before anybody reads it. */
  ended: boolean;
}

/**
 * Carrying a body twice would cost twice as much, and the runtime cannot: a pipe from one identity stream into another
 * never moves.
 */
const carriedBodies = new WeakMap<ReadableStream, Carried>();

/**
 * The answer, whose permits are given back when its body has ended, however it does. The runtime carries the body; the
 * gateway does not see its pieces.
 * @param method of what it answers
 */
export function untilBodyEnds(
  response: Response,
  method: string,
  { budget, execution }: Pick<KeyedContext, "budget" | "execution">,
  passes: readonly Pass[],
): Response {
  const { body } = response;
  const coded = isDecodedOnRead(response.headers);
  // The body of an answer to HEAD is for nobody; a part of a coded one is no content that could be read.
  if (body === null || method === "HEAD" || (coded && response.status === 206)) {
    for (const pass of passes) pass.release();
    return response;
  }
  const known = carriedBodies.get(body);
  if (known !== undefined) {
    for (const pass of passes) {
      if (known.ended) pass.release();
      else pass.stream();
    }
    known.passes.push(...passes);
    return response;
  }
  const length = coded ? undefined : declaredLength(response.headers);
  const { readable, writable } =
    length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
  const answer = new Response(readable, response);
  if (coded) takeOffCoding(answer.headers);
  const carriage: Carried = { passes: [...passes], ended: false };
  carriedBodies.set(readable, carriage);
  const release = () => {
    carriage.ended = true;
    for (const pass of carriage.passes) pass.release();
  };
  for (const pass of passes) pass.stream();
  // Where one side fails, so does the other: the client's answer breaks off. One whose body has ended well is told so
  // only when there is room again, so that who waits for the end of one answer finds room for the next.
  const carried = body.pipeTo(writable, { preventClose: true }).then(() => {
    release();
    return writable.close();
  });
  const ended = carried.catch(release);
  const abandoned = new Promise<void>((resolve) => {
    budget.unread(readable, () => {
      release();
      resolve();
    });
  });
  // A client that leaves would otherwise take with it all that could still run.
  execution.waitUntil(Promise.race([ended, abandoned]));
  return answer;
}
