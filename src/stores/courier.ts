/** Something that an object of this Worker has to send: it is posted. */
export interface Message {
  /** By which the receiver can tell whether it had it before. */
  readonly id: string;
  /** Name of a declared upstream. */
  readonly upstream: string;
  /** Path below its origin. */
  readonly path: string;
  readonly body: string;
  /** Media type of the body. */
  readonly type: string;
}

/** Where a message is sent from: what the object has been given by the platform. */
export interface Surroundings {
  readonly env: Readonly<Record<string, unknown>>;
  /** The Worker's own Durable Objects. */
  readonly exports: unknown;
  readonly execution: Pick<ExecutionContext, "waitUntil">;
}

/** Sends a message. @returns the answer's status. Rejects where there is none. */
export type Courier = (message: Message, from: Surroundings) => Promise<number>;

/** What came of sending a message: the answer's status, or why there was none. */
export type Tried = { readonly status: number } | { readonly failure: string };

/**
 * How the objects of this Worker send what they have to say. They are in the very modules that the Worker is made of,
 * so what it declares is at hand; set once, when the Worker is made.
 */
let courier: Courier | undefined;

export function setCourier(send: Courier): void {
  courier = send;
}

/** Sends a message. Never rejects. */
export async function deliver(message: Message, from: Surroundings): Promise<Tried> {
  if (courier === undefined) return { failure: "nothing to send by" };
  try {
    return { status: await courier(message, from) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether a message has arrived. */
export function arrived(tried: Tried): boolean {
  return "status" in tried && tried.status >= 200 && tried.status < 300;
}
