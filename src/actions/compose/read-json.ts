import { RefusalError, refuse } from "../../errors/refusal.ts";

/** How much of a part's answer is read, in bytes: 10 MB. Beyond it the part has failed. */
export const PART_LIMIT = 10_000_000;

/** `__proto__` as a member name in JSON text, however its letters are escaped. */
const PROTO_KEY =
  /"(?:_|\\u005f){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006f)(?:t|\\u0074)(?:o|\\u006f)(?:_|\\u005f){2}"/i;

/**
 * Reads a part's answer as JSON, whatever its media type; no content is `null`. A member called `__proto__` is
 * dropped: a merge by assignment would take it for the prototype.
 * @param signal its abort cancels the body.
 * @throws RefusalError `upstream-invalid` where it is no JSON, too large or broken off; else the signal's reason
 */
export async function readJson(response: Response, signal: AbortSignal): Promise<unknown> {
  const text = response.body === null ? "" : await readText(response.body, signal);
  if (text === "" && (response.status === 204 || response.status === 205)) return null;
  try {
    return PROTO_KEY.test(text) ? JSON.parse(text, dropProto) : JSON.parse(text);
  } catch {
    throw invalid("the answer is not JSON");
  }
}

function dropProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}

async function readText(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<string> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return text + decoder.decode();
      size += value.byteLength;
      if (size > PART_LIMIT) {
        cancel();
        throw invalid(`the answer is larger than ${PART_LIMIT} bytes`);
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof RefusalError ? error : invalid(`the answer broke off: ${error}`);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

function invalid(cause: string): RefusalError {
  return new RefusalError(refuse("upstream-invalid", { cause }));
}
