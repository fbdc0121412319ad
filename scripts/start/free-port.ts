import { createServer } from "node:net";

/** The first port from `first` on that nobody listens on at 127.0.0.1. @throws when none of twenty is free */
export async function freePort(first: number): Promise<number> {
  for (let port = first; port < first + 20; port++) if (await isFree(port)) return port;
  throw new Error(`no port from ${first} to ${first + 19} is free`);
}

/** Whether nobody listens on the port at 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" || error.code === "EACCES" ? resolve(false) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
