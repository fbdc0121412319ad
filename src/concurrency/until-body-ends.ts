import type { KeyedContext } from "../context.ts";
import { isDecodedOnRead, takeOffCoding } from "../http/content-coding.ts";
import { declaredLength } from "../streams/tap.ts";
import type { Pass } from "./pass.ts";

/**
 * The answer, whose permits are given back when its body has ended, however it does. The runtime carries the body; the
 * gateway does not see its pieces.
 */
export function untilBodyEnds(
  response: Response,
  { method, execution }: Pick<KeyedContext, "method" | "execution">,
  passes: readonly Pass[],
): Response {
  const { body } = response;
  const coded = isDecodedOnRead(response.headers);
  // The body of an answer to HEAD is for nobody; a part of a coded one is no content that could be read.
  if (body === null || method === "HEAD" || (coded && response.status === 206)) {
    for (const pass of passes) pass.release();
    return response;
  }
  const length = coded ? undefined : declaredLength(response.headers);
  const { readable, writable } =
    length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
  const answer = new Response(readable, response);
  if (coded) takeOffCoding(answer.headers);
  const release = () => {
    for (const pass of passes) pass.release();
  };
  for (const pass of passes) pass.stream();
  // Where one side fails, so does the other: the client's answer breaks off. One whose body has ended well is told so
  // only when there is room again, so that who waits for the end of one answer finds room for the next.
  const carried = body.pipeTo(writable, { preventClose: true }).then(() => {
    release();
    return writable.close();
  });
  // A client that leaves would otherwise take with it all that could still run.
  execution.waitUntil(carried.catch(release));
  return answer;
}
