import type { Seen } from "./stage-messages.ts";
import type { Exchange } from "./transcript.ts";

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: string;
}

/** Fields that every answer has, and so say nothing. */
const ALWAYS_ANSWERED =
  /^(?:connection|content-length|date|keep-alive|traceparent|transfer-encoding|x-request-id)$/;
/** Fields that every request to an upstream has. */
const ALWAYS_SENT = /^(?:content-length|forwarded|traceparent|x-forwarded-.*|x-request-id)$/;

/** The same, and who calls: shown only where a transcript is about it. */
const SENT_WITH_IDENTITY = new RegExp(`${ALWAYS_SENT.source}|^x-identity-`);

/** Tokens by the names that transcripts have for them. */
export function withNames(text: string, tokens: Readonly<Record<string, string>>): string {
  return Object.entries(tokens).reduce((shown, [name, token]) => shown.replaceAll(token, `$${name}`), text);
}

/** The command as it was written, on all its lines. */
export function commandOf({ text }: Exchange): string {
  return /^\$ (?:.*\\\n)*.*/.exec(text)?.[0] ?? "";
}

/** An exchange as a transcript would have it. */
export function render(
  exchange: Exchange,
  seen: readonly Seen[],
  logged: string | undefined,
  answer: Answer,
): string {
  const left = [...exchange.answers];
  const calls = seen.flatMap(({ method, url, headers, body }) => {
    const index = left.findIndex((each) => each.method === method && each.url === url);
    const [said] = index < 0 ? [] : left.splice(index, 1);
    return [
      `  > ${method} ${url}`,
      ...fields(headers, exchange.text.includes("> x-identity-") ? ALWAYS_SENT : SENT_WITH_IDENTITY).map(
        (line) => `  > ${line}`,
      ),
      ...(body === "" ? [] : [`  > ${body}`]),
      ...(said === undefined
        ? ["  (which is not in the transcript)"]
        : [
            `  < ${said.status}`,
            ...said.headers.map(([name, value]) => `  < ${name}: ${value}`),
            ...(said.body === "" ? [] : said.body.split("\n").map((line) => `  < ${line}`)),
            ...(said.stalls ? ["  < never"] : []),
          ]),
    ];
  });
  const missing = left.map(({ method, url }) => `  (no ${method} ${url})`);
  return [
    commandOf(exchange),
    ...calls,
    ...missing,
    ...(logged === undefined ? [] : [`  log ${logged}`]),
    `HTTP/1.1 ${answer.status} ${answer.reason}`,
    ...fields(answer.headers, ALWAYS_ANSWERED),
    ...(answer.body === "" ? [] : ["", answer.body.trimEnd()]),
  ].join("\n");
}

function fields(headers: Answer["headers"], without: RegExp): string[] {
  return headers
    .filter(([name]) => !without.test(name))
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted();
}

/** A line with `…` stands for every line that fits it. */
export function inItsWords(expected: string, actual: string): string {
  const lines = expected.split("\n");
  return actual
    .split("\n")
    .map((line, index) => {
      const pattern = lines[index]?.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      return pattern !== undefined && new RegExp(`^${pattern.join(".*")}$`).test(line) ? lines[index]! : line;
    })
    .join("\n");
}
