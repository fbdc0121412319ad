import { isSendableCloseCode } from "../http/websocket.ts";
import type { LatestEnd } from "./latest-end.ts";

/** Who ended a connection. */
export type EndedBy = "client" | "upstream" | "gateway";

/** What the side that is still there is told: a Close frame's code and reason (RFC 6455 §5.5.1); none without a code. */
export interface Close {
  readonly code?: number;
  readonly reason?: string;
}

/** What a relayed WebSocket may do. */
export interface SocketBounds {
  /** ms without a message either way; `Infinity` for ever. */
  readonly idle: number;
  readonly end: LatestEnd;
  /** Largest message, in bytes of UTF-8 where it is text; `Infinity` for as large as the runtime takes. */
  readonly maxMessage: number;
  /** Most bytes that pass either way in all; `Infinity` for any. */
  readonly maxBytes: number;
  /** How many messages of the client are passed on in a second; it may be as many ahead. `Infinity` for any. */
  readonly messagesPerSecond: number;
}

/** Close codes of the gateway's own (RFC 6455 §7.4.1). */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const TOO_LARGE = 1009;
const BROKEN = 1011;

/** What is said where a client sends more messages than it may. */
export const FLOOD: Close = { code: POLICY_VIOLATION, reason: "too many messages" };
/** What is said where a message is larger than it may be. */
export const OVERSIZE: Close = { code: TOO_LARGE, reason: "message too large" };
/** What is said where as many bytes have passed as may. */
export const MOST_BYTES: Close = { code: GOING_AWAY, reason: "most bytes reached" };

/** What the other side is told where one has closed: the same, as far as that can be said again. */
export function passedOn(code: number, reason: string, by: EndedBy): Close {
  if (code === 1005) return {};
  if (isSendableCloseCode(code)) return { code, reason };
  return by === "client"
    ? { code: GOING_AWAY, reason: "the client has gone" }
    : { code: BROKEN, reason: "the upstream has gone" };
}

/** What the other side is told where one has failed. */
export function brokenBy(side: EndedBy): Close {
  return { code: BROKEN, reason: `the ${side}'s connection failed` };
}

/** When a connection is ended unless a message comes: ms since the epoch. */
export function endsAt({ idle, end }: SocketBounds, lastMessageAt: number): number {
  return Math.min(lastMessageAt + idle, end.at);
}

/** What both sides are told when {@link endsAt} has come. */
export function closeAtEnd({ idle, end }: SocketBounds, lastMessageAt: number): Close {
  if (end.at > lastMessageAt + idle) return { code: GOING_AWAY, reason: "idle" };
  return { code: end.expiry ? POLICY_VIOLATION : GOING_AWAY, reason: end.reason };
}

/** How many messages a client may send: a token bucket that a second fills. */
export class MessageAllowance {
  readonly #perSecond: number;
  #left: number;
  #at: number;

  /** @param now in ms since the epoch. */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#at = now;
  }

  /** Takes one message. @returns whether it was allowed */
  take(now: number): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true;
    const filled = this.#left + ((now - this.#at) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, filled);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

const encoder = new TextEncoder();

/** The size of a message in bytes; of text, as UTF-8. */
export function sizeOf(data: string | ArrayBuffer): number {
  return typeof data === "string" ? encoder.encode(data).byteLength : data.byteLength;
}
