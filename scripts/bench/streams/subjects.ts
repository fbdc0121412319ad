import { fileURLToPath } from "node:url";
import { prepareGateway, prepareWorker } from "../workerd.ts";
import { POURED } from "./origin.ts";

/** One thing that is measured; the first of a set is what the others are compared with. */
export interface Subject {
  readonly name: string;
  readonly path: string;
  /** Writes its workerd configuration. @returns the path. */
  prepare(directory: string, port: number, originPort: number): string | Promise<string>;
}

/** What is done with the subjects of a set. */
export type Work = "download" | "upload" | "talk";

/** The yardstick of those that relay. */
export const RELAY = "relay by hand, idle";

const GB = 1_000_000_000;

/** Bytes of a body that goes down or up. */
export const BYTES = { download: GB, upload: GB / 10 } as const;

const get = `?${POURED}=${GB}`;

export const SETS: Readonly<Record<Work, readonly Subject[]>> = {
  download: [
    worker("fetch by hand", "passthrough", `/plain${get}`),
    gateway("forward", `/plain${get}`),
    gateway("forward, `stream` with an idle timeout", `/stream${get}`),
    gateway("forward, `watchBody`", `/watch${get}`),
  ],
  upload: [worker("fetch by hand", "passthrough", "/plain"), gateway("forward, `bodyLimit`", "/plain")],
  talk: [
    worker("fetch by hand", "passthrough", "/websocket"),
    gateway("`websocket: true`", "/websocket"),
    worker(RELAY, "relay", "/websocket"),
    gateway("`websocket` with `idle`", "/websocket/idle"),
    gateway("`websocket` with every bound", "/websocket/bounded"),
  ],
};

function worker(name: string, file: string, path: string): Subject {
  const source = fileURLToPath(new URL(`workers/${file}.ts`, import.meta.url).href);
  const prepare: Subject["prepare"] = (directory, port, originPort) =>
    prepareWorker(source, directory, port, { ORIGIN: `http://127.0.0.1:${originPort}` });
  return { name, path, prepare };
}

function gateway(name: string, path: string): Subject {
  const manifest = fileURLToPath(new URL("manifest.ts", import.meta.url).href);
  const prepare: Subject["prepare"] = (directory, port, originPort) =>
    prepareGateway(manifest, directory, port, { BENCH_ORIGIN_PORT: `${originPort}` });
  return { name: `Isogate: ${name}`, path, prepare };
}
