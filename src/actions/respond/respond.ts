import * as z from "zod";
import type { Tools } from "../../policies/policy.ts";
import type { Action } from "../action.ts";
import {
  type AnswerOptions,
  answerShape,
  type CompiledAnswer,
  compileAnswer,
  type LoadedAnswer,
} from "./answer.ts";
import { preferring, type ReadyAnswer, send } from "./preferred.ts";

/**
 * A fixed answer. Its body comes from one of `json`, `text`, `file` and `schema`, or there is none.
 *
 * In development a client chooses with `Prefer: example=NAME, code=503, delay=2s`.
 */
export interface RespondOptions extends AnswerOptions {
  /** Other answers, whole ones, that a client in development may ask for by name or status. */
  readonly examples?: Readonly<Record<string, AnswerOptions>>;
}

interface Compiled extends CompiledAnswer {
  examples?: Record<string, CompiledAnswer>;
}

/** @returns the schema of {@link RespondOptions}; every body but a file's is made at build. */
export function options() {
  const schema: z.ZodType<Compiled, RespondOptions> = z
    .strictObject({
      ...answerShape(),
      examples: z
        .record(
          z.string().regex(/^[\w.-]+$/, "is no name for an example: letters, digits, `_`, `.` and `-`"),
          z.strictObject(answerShape()).transform(compileAnswer),
        )
        .optional(),
    })
    .transform(({ examples, ...answer }, ctx) => ({
      ...compileAnswer(answer, ctx),
      ...(examples !== undefined && { examples }),
    }));
  return schema;
}

interface Loaded extends LoadedAnswer {
  readonly examples?: Readonly<Record<string, LoadedAnswer>>;
}

export function create(
  options: Loaded,
  { deps }: { readonly deps: Pick<Tools["deps"], "development" | "now"> },
): Action {
  const answer = ready(options);
  if (!deps.development) return () => send(answer);
  const examples = Object.entries(options.examples ?? {}).map(([name, each]) => [name, ready(each)] as const);
  return preferring(answer, new Map(examples), deps.now);
}

function ready({ status, headers, body }: LoadedAnswer): ReadyAnswer {
  return {
    status,
    // Made once: a Headers object is copied natively, pairs would be converted one by one on every answer.
    headers: new Headers(headers),
    body: typeof body === "string" || body === null ? body : bytesOf(body.base64),
  };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
