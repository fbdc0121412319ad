// The client, a child process: one kept-alive connection to each gateway, and one request at a time.
import { type Answer, Connection, requestBytes } from "../http/http-exchange.ts";
import { measuredHeaders } from "../http/subjects.ts";

/** A request that is to be timed. */
export interface Planned {
  readonly port: number;
  readonly key: string;
}

/** What came of the requests, in their order. */
export interface Timed {
  /** In µs. */
  readonly times: readonly number[];
  /** Each answer's place in {@link texts}. */
  readonly answers: readonly number[];
  /** Every different answer, but for ids and times. */
  readonly texts: readonly string[];
}

/** Or what went wrong. */
export type TimingReport = Timed | { readonly failed: string };

const connections = new Map<number, Connection>();

async function time(planned: readonly Planned[]): Promise<Timed> {
  const requests = planned.map(({ port, key }) =>
    requestBytes(port, "/me", measuredHeaders({ "x-api-key": key })),
  );
  for (const port of new Set(planned.map(({ port }) => port))) {
    if (!connections.has(port)) connections.set(port, await Connection.open(port));
  }
  const times: number[] = [];
  const answers: number[] = [];
  const texts = new Map<string, number>();
  for (const [index, { port }] of planned.entries()) {
    const connection = connections.get(port)!;
    const request = requests[index]!;
    const sent = performance.now();
    const answer = await connection.exchange(request);
    times.push((performance.now() - sent) * 1_000);
    const text = withoutIds(answer);
    if (!texts.has(text)) texts.set(text, texts.size);
    answers.push(texts.get(text)!);
  }
  return { times, answers, texts: [...texts.keys()] };
}

/** The whole answer, with nothing left out but what is another one's each time. */
function withoutIds({ head, body }: Answer): string {
  const id = /\r\nx-request-id: *([^\r]+)/i.exec(head)?.[1] ?? "none";
  return `${head}\r\n${body}`
    .replaceAll(id, "ID")
    .replace(/(\r\ntraceparent: 00-ID)-[0-9a-f]{16}/i, "$1-SPAN")
    .replace(/(\r\ndate:)[^\r]*/i, "$1 NOW");
}

process.on("message", (planned: readonly Planned[]) => {
  time(planned).then(
    (timed) => process.send?.(timed satisfies TimingReport),
    (error: Error) => process.send?.({ failed: error.message } satisfies TimingReport),
  );
});
process.on("disconnect", () => process.exit());
