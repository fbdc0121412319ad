import { type Refusal, refuse } from "../../errors/refusal.ts";
import { serialiseList, token } from "../../http/structured-fields.ts";

/** How one step went. */
export interface Part {
  readonly name: string;
  /** Status of the answer, where there was one. */
  readonly status: number | undefined;
  /** From the step's start to its end. */
  readonly ms: number;
  /** `Cache-Control` of the answer. */
  readonly cacheControl: string | null;
  /** Why it failed; undefined where it did not. */
  readonly refusal: Refusal | undefined;
  /** The shaped value; undefined where it failed. */
  readonly value: unknown;
}

/** The refusal of the whole answer for a required part that failed: the part's own, and which part it was. */
export function refusalOfWhole({ name, status }: Part, { code, details }: Refusal): Refusal {
  return refuse(code, {
    ...details,
    extensions: { ...details.extensions, part: name, ...(status !== undefined && { partStatus: status }) },
  });
}

/**
 * `Isogate-Parts`: a list of tokens with parameters (RFC 9651 §3.1), in the order of declaration. `status` is the
 * origin's, `failed` a code of the error catalog, `ms` the time the part took.
 */
export function formatParts(parts: readonly Part[]): string {
  return serialiseList(
    parts.map(({ name, status, refusal, ms }) => [
      token(name),
      {
        ...(status !== undefined && { status }),
        ...(refusal !== undefined && { failed: token(refusal.code) }),
        ms: Math.round(ms),
      },
    ]),
  );
}

const RESTRICTION = /(?<![\w-])(?:no-store|no-cache|private)(?![\w-])/gi;

/** What a cache must heed of the parts' `Cache-Control` in an answer made of them (RFC 9111 §5.2.2). */
export function cacheRestrictions(parts: ReadonlyArray<Pick<Part, "cacheControl">>): string {
  const found = parts.flatMap(({ cacheControl }) => cacheControl?.toLowerCase().match(RESTRICTION) ?? []);
  return [...new Set(found)].join(", ");
}
