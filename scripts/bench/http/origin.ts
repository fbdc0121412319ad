// The origin, a child process: a raw socket server that answers every request with one small JSON document.
import { createServer, type Socket } from "node:net";

/** What every path but the slow ones answers. */
export const ORIGIN_BODY = JSON.stringify({
  id: "prod_7f3a91",
  name: "Espresso machine, two groups",
  price: { amount: 249900, currency: "EUR" },
  stock: 17,
  tags: ["coffee", "kitchen", "commercial"],
  updated: "2026-11-01T09:30:00Z",
});

/** Paths that begin so are answered after {@link SLOW_MS}. */
export const SLOW_PREFIX = "/slow/";
/** How long an answer below {@link SLOW_PREFIX} takes, in ms. */
export const SLOW_MS = 50;

/** Asks for the head of the last request, or "" where there was none, and forgets it. */
export type OriginCommand = "last";
export type OriginReport = { readonly listening: number } | { readonly lastHead: string };

const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(ORIGIN_BODY)}\r\n\r\n${ORIGIN_BODY}`;

let lastHead = "";

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  let pending = "";
  socket.on("data", (bytes: Buffer) => {
    pending += bytes.toString("latin1");
    for (let end = pending.indexOf("\r\n\r\n"); end >= 0; end = pending.indexOf("\r\n\r\n")) {
      const head = pending.slice(0, end + 2);
      pending = pending.slice(end + 4);
      lastHead = head;
      if (head.startsWith(SLOW_PREFIX, head.indexOf(" ") + 1))
        setTimeout(() => socket.write(ANSWER, "latin1"), SLOW_MS);
      else socket.write(ANSWER, "latin1");
    }
  });
  socket.on("error", () => socket.destroy());
}

// Only as a child process: the benchmark imports the constants above.
if (process.send !== undefined && import.meta.main) {
  const server = createServer(serve).listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object" && address) report({ listening: address.port });
  });
  process.on("message", () => {
    report({ lastHead });
    lastHead = "";
  });
  process.on("disconnect", () => process.exit());
}

function report(message: OriginReport): void {
  process.send?.(message);
}
