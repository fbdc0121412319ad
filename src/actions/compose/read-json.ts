import { RefusalError, refuse } from "../../errors/refusal.ts";

/** How much of a part's answer is read, in bytes: 10 MB. Beyond it the part has failed. */
export const PART_LIMIT = 10_000_000;

/** `__proto__` as a member name in JSON text, however its letters are escaped. */
const PROTO_KEY =
  /"(?:_|\\u005f){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006f)(?:t|\\u0074)(?:o|\\u006f)(?:_|\\u005f){2}"/i;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Reads a part's answer as JSON, whatever its media type; no content is `null`. A member called `__proto__` is
 * dropped: a merge by assignment would take it for the prototype.
 * @param hold is given the body's reader, where one is used, so that the reading can be cancelled.
 * @throws RefusalError `upstream-invalid` where it is no JSON, too large or broken off
 */
export async function readJson(response: Response, hold: (reader: Reader) => void): Promise<unknown> {
  const text = await readText(response, hold);
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

async function readText(response: Response, hold: (reader: Reader) => void): Promise<string> {
  const { body, headers } = response;
  if (body === null) return "";
  try {
    if (isBounded(headers)) return await response.text();
    const reader = body.getReader();
    hold(reader);
    return await readStream(reader);
  } catch (error) {
    throw error instanceof RefusalError ? error : invalid(`the answer broke off: ${error}`);
  }
}

/** Whether the body cannot exceed the limit: then it is read natively, which saves some 50 µs of CPU. */
function isBounded(headers: Headers): boolean {
  const length = headers.get("content-length");
  // The length of what is encoded says nothing of what it is decoded to.
  return length !== null && Number(length) <= PART_LIMIT && !headers.has("content-encoding");
}

async function readStream(reader: Reader): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.byteLength;
    if (size > PART_LIMIT) {
      reader.cancel().catch(() => {});
      throw invalid(`the answer is larger than ${PART_LIMIT} bytes`);
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

function invalid(cause: string): RefusalError {
  return new RefusalError(refuse("upstream-invalid", { cause }));
}
