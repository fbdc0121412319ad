import {
  brokenBy,
  type Close,
  closeAtEnd,
  type EndedBy,
  endsAt,
  FLOOD,
  MessageAllowance,
  MOST_BYTES,
  OVERSIZE,
  passedOn,
  type SocketBounds,
  sizeOf,
} from "./socket-rules.ts";
import { whenDue } from "./when-due.ts";

/** What went one way. */
export interface Traffic {
  messages: number;
  bytes: number;
}

/** How a relayed connection ended, and what went over it. */
export interface RelayEnd extends Close {
  readonly by: EndedBy;
  readonly fromClient: Traffic;
  readonly fromUpstream: Traffic;
}

/** What a relay is told to mind. */
export interface RelayRules {
  readonly bounds: SocketBounds;
  /** Asked before a message is refused; false lets it pass. */
  readonly enforces: (breach: Close) => boolean;
  /** Drops what is left of both connections: a side was told to close and has not in time. */
  readonly abandon: () => void;
  readonly now: () => number;
}

/** ms that a side has to close in when it is told to. RFC 6455 §7.1.1 wants a reasonable time. */
const FAREWELL_MS = 5_000;

/**
 * Passes messages between a client and an upstream until either ends or may not go on. Where one ends the other is
 * told; where the relay ends it both are. Messages wait in memory until they are taken: the runtime does not tell a
 * sender how many do, nor lets a receiver hold others back, so only what has passed in all bounds what waits.
 * @param client the gateway's end of the client's connection; accepted here, as is `upstream`.
 */
export function relay(
  client: WebSocket,
  upstream: WebSocket,
  { bounds, enforces, abandon, now }: RelayRules,
): Promise<RelayEnd> {
  return new Promise((resolve) => {
    const fromClient: Traffic = { messages: 0, bytes: 0 };
    const fromUpstream: Traffic = { messages: 0, bytes: 0 };
    const allowance = new MessageAllowance(bounds.messagesPerSecond, now());
    let lastMessageAt = now();
    const open = new Set<EndedBy>(["client", "upstream"]);
    let over = false;
    let cancelTimer = () => {};

    const end = (by: EndedBy, close: Close) => {
      if (over) return;
      over = true;
      cancelTimer();
      if (by !== "client") shut(client, close);
      if (by !== "upstream") shut(upstream, close);
      // Who keeps silent now keeps its connection, and may go on to send on it.
      const timer = setTimeout(abandon, FAREWELL_MS);
      cancelTimer = () => clearTimeout(timer);
      resolve({ by, ...close, fromClient, fromUpstream });
    };

    const closed = (side: EndedBy, close: Close) => {
      open.delete(side);
      end(side, close);
      if (open.size === 0) cancelTimer();
    };

    const breach = (side: EndedBy, size: number): Close | undefined => {
      if (size > bounds.maxMessage) return OVERSIZE;
      return side === "client" && !allowance.take(lastMessageAt) ? FLOOD : undefined;
    };

    const pass = (from: WebSocket, to: WebSocket, side: EndedBy, traffic: Traffic) => {
      // Else a message would come as a Blob, which can be read only later.
      from.binaryType = "arraybuffer";
      from.addEventListener("message", ({ data }) => {
        if (over) return;
        lastMessageAt = now();
        const size = sizeOf(data);
        const breached = breach(side, size);
        if (breached !== undefined && enforces(breached)) {
          end("gateway", breached);
          return;
        }
        if (traffic.bytes + size > bounds.maxBytes) {
          end("gateway", MOST_BYTES);
          return;
        }
        traffic.messages++;
        traffic.bytes += size;
        send(to, data);
      });
      from.addEventListener("close", ({ code, reason }) => closed(side, passedOn(code, reason, side)));
      from.addEventListener("error", () => closed(side, brokenBy(side)));
      from.accept();
    };

    pass(upstream, client, "upstream", fromUpstream);
    pass(client, upstream, "client", fromClient);
    cancelTimer = whenDue(
      () => endsAt(bounds, lastMessageAt),
      now,
      () => end("gateway", closeAtEnd(bounds, lastMessageAt)),
    );
  });
}

/** A side that is going down may take no more; its own event ends the relay. */
function send(to: WebSocket, data: string | ArrayBuffer): void {
  try {
    to.send(data);
  } catch {
    // Nothing to do: see above.
  }
}

/** A connection that has failed cannot be closed, and need not be. */
function shut(socket: WebSocket, { code, reason }: Close): void {
  try {
    if (code === undefined) socket.close();
    else socket.close(code, reason);
  } catch {
    // Nothing to do: see above.
  }
}
