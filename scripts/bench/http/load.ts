// The load generator, a child process: N kept-alive connections, one request in flight on each.
import { Connection } from "./http-exchange.ts";

/** What the benchmark asks of the load generator. */
export type LoadCommand =
  | { readonly learn: { readonly port: number; readonly requests: readonly string[] } }
  | { readonly open: { readonly port: number; readonly connections: number } }
  | { readonly run: { readonly seconds: number } };

/** What it answers: it knows the requests of a port, connections are open and warm, what a run measured, or why it failed. */
export type LoadReport =
  | { readonly learnt: number }
  | { readonly opened: number }
  | { readonly measured: LoadFigures }
  | { readonly failed: string };

export interface LoadFigures {
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Of every request, in ms. */
  readonly latencies: readonly number[];
}

/** What each port is sent, in turns. */
const requestsOf = new Map<number, readonly string[]>();
let connections: Connection[] = [];
let requests: readonly string[] = [];
let turn = 0;

async function open(command: Extract<LoadCommand, { open: unknown }>["open"]): Promise<LoadReport> {
  requests = requestsOf.get(command.port) ?? [];
  connections = await Promise.all(
    Array.from({ length: command.connections }, () => Connection.open(command.port)),
  );
  // One request each, so that the connections from workerd to the origin stand before CPU time is read.
  await Promise.all(connections.map((connection) => exchange(connection)));
  return { opened: connections.length };
}

async function exchange(connection: Connection): Promise<void> {
  const { status, body } = await connection.exchange(requests[turn++ % requests.length] ?? "");
  if (status < 200 || status > 299) throw new Error(`status ${status}: ${body.toString().slice(0, 300)}`);
}

async function run(seconds: number): Promise<LoadReport> {
  const latencies: number[] = [];
  const start = performance.now();
  const stopAt = start + seconds * 1000;
  await Promise.all(
    connections.map(async (connection) => {
      for (let sent = performance.now(); sent < stopAt; ) {
        await exchange(connection);
        const answered = performance.now();
        latencies.push(answered - sent);
        sent = answered;
      }
    }),
  );
  const elapsed = (performance.now() - start) / 1000;
  for (const connection of connections) connection.close();
  return { measured: { seconds: elapsed, latencies } };
}

async function obey(command: LoadCommand): Promise<LoadReport> {
  if ("open" in command) return open(command.open);
  if ("run" in command) return run(command.run.seconds);
  requestsOf.set(command.learn.port, command.learn.requests);
  return { learnt: command.learn.requests.length };
}

process.on("message", (command: LoadCommand) => {
  obey(command).then(
    (report) => process.send?.(report),
    (error: Error) => process.send?.({ failed: error.message } satisfies LoadReport),
  );
});
process.on("disconnect", () => process.exit());
