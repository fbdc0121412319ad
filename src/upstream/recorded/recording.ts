import { parameterName } from "../../http/parameter-name.ts";

/** What an origin answered while `npm run record` stood before it: the content of a recording's file. */
export interface Recording {
  /** 1 */
  readonly version: number;
  /** Base URL of the origin. */
  readonly origin: string;
  /** Query parameters, in lower case, whose values are left out of the targets: any value meets them. */
  readonly redacted: readonly string[];
  readonly exchanges: readonly RecordedExchange[];
}

/** One request, and what was answered each time that the answer was another one. */
export interface RecordedExchange {
  readonly method: string;
  /** Path and query below the origin's base URL. */
  readonly target: string;
  /** Digest of the request's body, such as `sha256-…` in hex. Absent where it had none. */
  readonly body?: string | undefined;
  /** The request's headers that decided the answer, as its `Vary` says; null for one that it did not have. */
  readonly vary?: Readonly<Record<string, string | null | undefined>> | undefined;
  readonly answers: readonly RecordedAnswer[];
}

/** A recorded answer; its body is one of `json`, `text` and `base64`, or there is none. */
export interface RecordedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** A body that is JSON without white space, so that it can be read and compared here. */
  readonly json?: unknown;
  /** Any other body in UTF-8. */
  readonly text?: string | undefined;
  readonly base64?: string | undefined;
}

/** Stands where a secret was. */
export const REDACTED = "REDACTED";

/** A target in the spelling of the URL standard, without the values of secret parameters. */
export function comparableTarget(target: string, redacted: ReadonlySet<string>): string {
  const { pathname, search } = new URL(`http://recorded${target}`);
  if (search === "") return pathname;
  const pairs = search
    .slice(1)
    .split("&")
    .map((pair) => {
      const [name = ""] = pair.split("=", 1);
      return redacted.has(parameterName(name)) ? `${name}=${REDACTED}` : pair;
    });
  return `${pathname}?${pairs.join("&")}`;
}

/** What a recording says of a body: only whether it is the same one. @param sha256 in hex */
export function bodyDigest(sha256: string): string {
  return `sha256-${sha256}`;
}
