// The load generator, a child process: N kept-alive connections, one request in flight on each.
import { Connection } from "./http-exchange.ts";

/** What the benchmark asks of the load generator. */
export type LoadCommand =
  | { readonly open: { readonly port: number; readonly request: string; readonly connections: number } }
  | { readonly run: { readonly seconds: number } };

/** What it answers: connections are open and warm, or what a run measured, or why it failed. */
export type LoadReport =
  | { readonly opened: number }
  | { readonly measured: LoadFigures }
  | { readonly failed: string };

export interface LoadFigures {
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Of every request, in ms. */
  readonly latencies: readonly number[];
}

let connections: Connection[] = [];
let request = "";

async function open(command: Extract<LoadCommand, { open: unknown }>["open"]): Promise<LoadReport> {
  request = command.request;
  connections = await Promise.all(
    Array.from({ length: command.connections }, () => Connection.open(command.port)),
  );
  // One request each, so that the connections from workerd to the origin stand before CPU time is read.
  await Promise.all(connections.map((connection) => exchange(connection)));
  return { opened: connections.length };
}

async function exchange(connection: Connection): Promise<void> {
  const { status, body } = await connection.exchange(request);
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

process.on("message", (command: LoadCommand) => {
  const work = "open" in command ? open(command.open) : run(command.run.seconds);
  work.then(
    (report) => process.send?.(report),
    (error: Error) => process.send?.({ failed: error.message } satisfies LoadReport),
  );
});
process.on("disconnect", () => process.exit());
