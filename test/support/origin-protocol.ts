// What tests and the origin's own process say to each other.

/** Media type of a body that the HTTP origin only counts. */
export const COUNTED = "application/x-counted";

/** A header field as it is on the wire. */
export type Field = readonly [name: string, value: string];

/** How the HTTP origin answers a path. Without one it answers 200 with an {@link Echo}. */
export interface HttpAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: readonly Field[];
  readonly body?: string;
  /** Bytes of a body that is made as it is taken, in place of `body`. */
  readonly size?: number;
  /** ms before the head is sent. */
  readonly delay?: number;
  /** Head and body go out at once, the rest is for {@link Command} `write` and `end`. */
  readonly open?: boolean;
}

/** What the raw origin does once it has read the head of a request. */
export interface RawAnswer {
  /** Latin-1 text that is sent as it is. */
  readonly send: string;
  readonly end: "close" | "reset" | "hang";
  /** Takes nothing of the body. */
  readonly deaf?: true;
}

/** The body of the HTTP origin's own answer: the request as it came. */
export interface Echo {
  readonly method: string;
  /** The request target, byte for byte. */
  readonly url: string;
  readonly headers: readonly Field[];
  readonly body: string;
}

/** What happened at the origin. `exchange` counts the requests of both servers. */
export type OriginEvent =
  | ({ readonly kind: "request"; readonly exchange: number } & Omit<Echo, "body">)
  | { readonly kind: "chunk"; readonly exchange: number; readonly text: string }
  /** The request's body has ended. */
  | { readonly kind: "body"; readonly exchange: number; readonly size: number }
  /** The other side of a WebSocket has sent its Close frame. */
  | { readonly kind: "farewell"; readonly exchange: number; readonly code: number; readonly reason: string }
  /** The connection's other side went away, or the answer was sent. */
  | { readonly kind: "closed"; readonly exchange: number; readonly complete: boolean };

/** What a test has the origin do. A list of answers serves one request each; the last stays. */
export type Command =
  | { readonly do: "answer"; readonly path: string; readonly answers: readonly HttpAnswer[] }
  | { readonly do: "raw"; readonly path: string; readonly answer: RawAnswer }
  | { readonly do: "write"; readonly exchange: number; readonly text: string }
  | { readonly do: "end"; readonly exchange: number }
  | { readonly do: "sync" };

/** From the origin's process: its ports, an event, or that a command is done and all events before it are told. */
export type Report =
  | { readonly http: number; readonly raw: number }
  | { readonly event: OriginEvent }
  | { readonly done: number };

/** A command with its number. */
export interface Order {
  readonly id: number;
  readonly command: Command;
}

/** The lines of a head's fields, or a flat list of names and values, in pairs. */
export function pairs(flat: readonly string[]): Field[] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]!] as const] : []));
}
