import { type ChildProcess, fork } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Command, HttpAnswer, OriginEvent, RawAnswer, Report } from "./origin-protocol.ts";

export type { Echo, Field, OriginEvent } from "./origin-protocol.ts";

/** How long a test waits for what must happen. */
const PATIENCE_MS = 5_000;

type Kind = OriginEvent["kind"];
type EventOf<K extends Kind> = Extract<OriginEvent, { kind: K }>;

/** An origin in a process of its own: see origin-process.ts. */
export class Origin {
  /** Base URL of the HTTP server. */
  readonly url: string;
  /** Base URL of the TCP server. */
  readonly rawUrl: string;
  readonly #child: ChildProcess;
  readonly #events: OriginEvent[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #orders = new Map<number, () => void>();
  #order = 0;

  constructor(child: ChildProcess, ports: { readonly http: number; readonly raw: number }) {
    this.#child = child;
    this.url = `http://127.0.0.1:${ports.http}`;
    this.rawUrl = `http://127.0.0.1:${ports.raw}`;
    child.on("message", (report: Report) => {
      if ("event" in report) {
        this.#events.push(report.event);
        for (const check of this.#waiting) check();
      } else if ("done" in report) this.#orders.get(report.done)?.();
    });
  }

  /** How the HTTP server answers a path from now on; several answers serve one request each, the last stays. */
  answer(path: string, ...answers: readonly HttpAnswer[]): Promise<void> {
    return this.#obey({ do: "answer", path, answers });
  }

  /** What the TCP server does to a request for the path. */
  raw(path: string, answer: RawAnswer): Promise<void> {
    return this.#obey({ do: "raw", path, answer });
  }

  /** Writes on an open answer. */
  write(exchange: number, text: string): Promise<void> {
    return this.#obey({ do: "write", exchange, text });
  }

  /** Ends an open answer well. */
  end(exchange: number): Promise<void> {
    return this.#obey({ do: "end", exchange });
  }

  /** The requests that have come for a path so far, whatever their query. */
  async requests(path: string): Promise<ReadonlyArray<EventOf<"request">>> {
    await this.#obey({ do: "sync" });
    return this.#of("request").filter(({ url }) => url.split("?", 1)[0] === path);
  }

  /** How many requests have come so far. */
  async count(): Promise<number> {
    await this.#obey({ do: "sync" });
    return this.#of("request").length;
  }

  /** Waits for an event, past ones included. @throws when it does not come */
  wait<K extends Kind>(
    kind: K,
    fits: (event: EventOf<K>) => boolean = () => true,
    patience = PATIENCE_MS,
  ): Promise<EventOf<K>> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const event = this.#of(kind).find(fits);
        if (event === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(event);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const seen = this.#events.slice(-10).map((event) => JSON.stringify(event));
        reject(new Error(`no such "${kind}" at the origin; last seen:\n${seen.join("\n")}`));
      }, patience);
      this.#waiting.add(check);
      check();
    });
  }

  /** Ends the process. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once("exit", () => resolve());
      this.#child.disconnect();
    });
  }

  #of<K extends Kind>(kind: K): Array<EventOf<K>> {
    return this.#events.filter((event): event is EventOf<K> => event.kind === kind);
  }

  #obey(command: Command): Promise<void> {
    const id = ++this.#order;
    return new Promise((resolve) => {
      this.#orders.set(id, () => {
        this.#orders.delete(id);
        resolve();
      });
      this.#child.send({ id, command });
    });
  }
}

/** Starts an origin; it ends with this process at the latest. */
export async function startOrigin(): Promise<Origin> {
  const child = fork(join(import.meta.dirname, "origin-process.ts"), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ports = await new Promise<{ http: number; raw: number }>((resolve, reject) => {
    child.once("exit", () => reject(new Error("the origin's process ended at once")));
    child.once("message", resolve as (report: unknown) => void);
  });
  return new Origin(child, ports);
}

/** A base URL at which nobody listens. */
export function deadUrl(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(`http://127.0.0.1:${port}`));
    });
  });
}
