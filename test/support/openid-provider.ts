import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

/** What the provider's process is told. */
export interface ProviderCommand {
  /** Base URL of the gateway that it serves from now on. */
  readonly gateway: string;
}

/** What the provider's process says. */
export type ProviderReport = { readonly ready: string } | { readonly asked: string };

/** An OpenID provider in a process of its own: see openid-provider-process.ts. */
export class OpenIdProvider {
  readonly issuer: string;
  /** The grants that were asked of it so far, in their order. */
  readonly asked: string[] = [];
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, issuer: string) {
    this.#child = child;
    this.issuer = issuer;
    child.on("message", (report: ProviderReport) => {
      if ("asked" in report) this.asked.push(report.asked);
    });
  }

  /** Serves this gateway from now on. @param gateway its base URL */
  serve(gateway: string): Promise<unknown> {
    const command: ProviderCommand = { gateway };
    this.#child.send(command);
    return ready(this.#child);
  }

  /** Ends the process. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once("exit", () => resolve());
      this.#child.disconnect();
    });
  }
}

/** Starts a provider; it ends with this process at the latest. */
export async function startOpenIdProvider(): Promise<OpenIdProvider> {
  const child = fork(join(import.meta.dirname, "openid-provider-process.ts"), {
    stdio: ["ignore", "ignore", process.env.ISOGATE_PROVIDER_LOG === undefined ? "ignore" : "inherit", "ipc"],
  });
  return new OpenIdProvider(child, await ready(child));
}

function ready(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("the provider's process has ended")));
    const listen = (report: ProviderReport) => {
      if (!("ready" in report)) return;
      child.off("message", listen);
      resolve(report.ready);
    };
    child.on("message", listen);
  });
}
