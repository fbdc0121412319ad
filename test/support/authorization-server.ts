import { fork } from "node:child_process";
import { join } from "node:path";

/** How the authorization server behaves. */
export interface Behaviour {
  /** Of a token, in seconds. */
  readonly lifetime: number;
  /** ms before it answers. */
  readonly delay: number;
  readonly answer: "token" | "error" | "refuse" | "hang";
  /** Every token so far is void. */
  readonly revoke?: true;
  /** What was counted is forgotten. */
  readonly reset?: true;
  /** The client's public key, as a JWK. */
  readonly key?: object;
}

/** What has come so far. */
export interface AuthorizationServerState {
  /** The forms that were sent to the token endpoint. */
  readonly requests: ReadonlyArray<Readonly<Record<string, string>>>;
  /** How often the origin was asked. */
  readonly attempts: number;
  /** How many of those while a token was being asked for. */
  readonly meanwhile: number;
}

/** An authorization server and its origin, in one process: see authorization-server-process.ts. */
export interface AuthorizationServer {
  readonly url: string;
  /** Changes how it behaves. @returns what has come so far */
  control(changes: Partial<Behaviour>): Promise<AuthorizationServerState>;
  stop(): Promise<void>;
}

/** Starts it; it ends with this process at the latest. */
export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const child = fork(join(import.meta.dirname, "authorization-server-process.ts"), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error("the authorization server's process ended at once")));
    child.once("message", resolve as (port: unknown) => void);
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async control(changes) {
      const response = await fetch(`${url}/control`, { method: "POST", body: JSON.stringify(changes) });
      return (await response.json()) as AuthorizationServerState;
    },
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.disconnect();
      }),
  };
}
