// The worker of the examples, as tests speak to it.
import { request as httpRequest } from "node:http";
import type { ServedGateway } from "../support/gateway.ts";
import { platformSays } from "./certificates.ts";
import { ADMIN_SECRET } from "./properties.ts";
import type { Answer } from "./rendering.ts";
import { type Scene, type Seen, STAGE_HEADER } from "./stage-messages.ts";
import type { Command } from "./transcript.ts";

/** What curl says of a body that breaks off. */
const BROKEN_OFF = "\ncurl: (18) transfer closed with outstanding read data remaining";
/** In which workerd is told what the platform would say of a connection. */
export const CF_HEADER = "test-request-cf";
const TO_STAGE: Command = { method: "POST", target: "/", host: "stage", headers: [], body: undefined };

/** All examples, served by one workerd; its counters, caches and registry are its own. */
export class StagedGateway {
  readonly #gateway: ServedGateway;

  constructor(gateway: ServedGateway) {
    this.#gateway = gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#gateway.port}`;
  }

  stop(): Promise<void> {
    return this.#gateway.stop();
  }

  async set(scene: Scene): Promise<void> {
    await this.send({ ...TO_STAGE, body: JSON.stringify(scene) }, "set");
  }

  /** Registers a consumer in the scene that is set. @returns its key, which transcripts call `$ACME` */
  async register(): Promise<string> {
    const headers = [
      ["authorization", `Bearer ${ADMIN_SECRET}`],
      ["content-type", "application/json"],
    ] as const;
    const call = (path: string, body: object) =>
      this.send({
        ...TO_STAGE,
        target: `/_gateway/consumers${path}`,
        headers,
        body: JSON.stringify(body),
      });
    await call("", { id: "acme", plan: "gold" });
    const { body } = await call("/acme/keys", { prefix: "shop_live", scopes: ["orders:read"] });
    return (JSON.parse(body) as { secret: string }).secret;
  }

  /** What the access log says of a request: some of its members. */
  async logged({ headers }: Answer, names: readonly string[]): Promise<string> {
    const id = headers.find(([name]) => name === "x-request-id")?.[1];
    const line = (await this.#gateway.line(id)) as unknown as Readonly<Record<string, unknown>>;
    return JSON.stringify(Object.fromEntries(names.map((name) => [name, line[name]])));
  }

  /** What upstreams saw; what goes on in the background may come after the answer. */
  async seen(expected: number): Promise<Seen[]> {
    for (let tries = 0; ; tries++) {
      const { body } = await this.send({ ...TO_STAGE, method: "GET" }, "report");
      const seen = JSON.parse(body) as Seen[];
      if (seen.length >= expected || tries === 20) return seen;
    }
  }

  /** @param stage says something to the stage, and not to the gateway */
  send({ method, target, host, headers, body, certificate }: Command, stage?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ port: this.#gateway.port, host: "127.0.0.1", method, path: target });
      request.setHeader("host", host);
      for (const [name, value] of headers) request.setHeader(name, value);
      if (stage !== undefined) request.setHeader(STAGE_HEADER, stage);
      if (certificate !== undefined) request.setHeader(CF_HEADER, platformSays(certificate));
      request.once("error", reject);
      request.once("response", (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part) => {
          text += part;
        });
        response.once("error", () => resolve(answerOf(response, `${text}${BROKEN_OFF}`)));
        response.once("end", () => resolve(answerOf(response, text)));
      });
      request.once("upgrade", (response, socket) => {
        socket.destroy();
        resolve(answerOf(response, ""));
      });
      request.end(body);
    });
  }
}

function answerOf(
  response: { statusCode?: number; statusMessage?: string; rawHeaders: string[] },
  body: string,
): Answer {
  const { statusCode = 0, statusMessage = "", rawHeaders } = response;
  const headers = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1]!] as const] : [],
  );
  return { status: statusCode, reason: statusMessage, headers, body };
}
