import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { removeGateway, type ServedGateway, serveGateway } from "../support/gateway.ts";
import { type Signer, signer, signWithSecret } from "../support/tokens.ts";
import type { Scene, Seen } from "./stage.ts";
import type { Command, Exchange } from "./transcript.ts";

/** What preparing the examples showed. */
export interface Prepared {
  /** What the check says of an example, by name. */
  readonly findings: Readonly<Record<string, string>>;
  readonly uncovered: readonly string[];
  readonly problems: readonly string[];
}

/** An answer as it came. */
interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: string;
}

/** Fields that every answer has, and so say nothing. */
const ALWAYS_ANSWERED =
  /^(?:connection|content-length|date|keep-alive|traceparent|transfer-encoding|x-request-id)$/;
/** Fields that every request to an upstream has. */
const ALWAYS_SENT = /^(?:content-length|forwarded|traceparent|x-forwarded-.*|x-request-id)$/;

/** The same, and who calls: shown only where a transcript is about it. */
const SENT_WITH_IDENTITY = new RegExp(`${ALWAYS_SENT.source}|^x-identity-`);

/** Midnight, so that windows begin with the play. */
const FIRST_DAY = 1_795_132_800_000;
const DAY = 86_400_000;
/** What curl says of a body that breaks off. */
const BROKEN_OFF = "\ncurl: (18) transfer closed with outstanding read data remaining";
const STAGE_HEADER = "x-stage";
const PARTNER_SECRET = "a secret of thirty-two characters";

/** All examples, served by one workerd. */
export class Playhouse {
  readonly prepared: Prepared;
  readonly #directory: string;
  readonly #gateway: ServedGateway;
  readonly #issuer: Signer;
  readonly #tokens: Readonly<Record<string, string>>;
  #now = FIRST_DAY;

  constructor(
    prepared: Prepared,
    directory: string,
    gateway: ServedGateway,
    issuer: Signer,
    tokens: Readonly<Record<string, string>>,
  ) {
    this.prepared = prepared;
    this.#directory = directory;
    this.#gateway = gateway;
    this.#issuer = issuer;
    this.#tokens = tokens;
  }

  /** Whatever an earlier play has left in counters and caches is long over. */
  nextPlay(): void {
    this.#now = (Math.floor(this.#now / DAY) + 30) * DAY;
  }

  /** @returns the exchange as it really went, in the words of the transcript where they hold. */
  async play(example: string, exchange: Exchange): Promise<string> {
    const { command } = exchange;
    if (command === undefined) {
      return inItsWords(exchange.text, `${commandOf(exchange)}\n${this.prepared.findings[example]}`);
    }
    this.#now += exchange.later;
    const keys = { keys: [this.#issuer.jwk] };
    const scene: Scene = { example, now: this.#now, answers: exchange.answers, keys };
    await this.#send({ ...STAGE_COMMAND, body: JSON.stringify(scene) }, "set");
    const answer = await this.#send(withTokens(command, this.#tokens));
    const logged = exchange.logged && (await this.#logged(answer, Object.keys(exchange.logged)));
    const seen = await this.#seen(exchange.answers.length);
    return inItsWords(exchange.text, this.#withNames(render(exchange, seen, logged, answer)));
  }

  async stop(): Promise<void> {
    await this.#gateway.stop();
    await removeGateway({ directory: this.#directory, manifests: "", hash: "" });
  }

  /** Tokens by the names that transcripts have for them. */
  #withNames(text: string): string {
    return Object.entries(this.#tokens).reduce(
      (shown, [name, token]) => shown.replaceAll(token, `$${name}`),
      text,
    );
  }

  async #logged({ headers }: Answer, names: readonly string[]): Promise<string> {
    const id = headers.find(([name]) => name === "x-request-id")?.[1];
    const line = (await this.#gateway.line(id)) as unknown as Readonly<Record<string, unknown>>;
    return JSON.stringify(Object.fromEntries(names.map((name) => [name, line[name]])));
  }

  /** What upstreams saw; what goes on in the background may come after the answer. */
  async #seen(expected: number): Promise<Seen[]> {
    for (let tries = 0; ; tries++) {
      const { body } = await this.#send({ ...STAGE_COMMAND, method: "GET" }, "report");
      const seen = JSON.parse(body) as Seen[];
      if (seen.length >= expected || tries === 20) return seen;
    }
  }

  #send({ method, target, host, headers, body }: Command, stage?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ port: this.#gateway.port, host: "127.0.0.1", method, path: target });
      request.setHeader("host", host);
      for (const [name, value] of headers) request.setHeader(name, value);
      if (stage !== undefined) request.setHeader(STAGE_HEADER, stage);
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

const STAGE_COMMAND: Command = { method: "POST", target: "/", host: "stage", headers: [], body: undefined };

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

/** Checks, compiles and serves all examples. */
export async function openPlayhouse(): Promise<Playhouse> {
  const directory = await mkdtemp(join(tmpdir(), "isogate-examples-"));
  const script = join(import.meta.dirname, "prepare-examples.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [script, join(directory, "out")]);
  const issuer = await signer("ES256");
  const iat = FIRST_DAY / 1_000;
  const claims = { iss: "https://login.example", aud: "shop", iat, exp: iat + 10 * 365 * 86_400 };
  const tokens = {
    ADA: await issuer.sign({ ...claims, sub: "ada", scope: "orders:read", org: "tea" }),
    GRACE: await issuer.sign({
      ...claims,
      sub: "grace",
      scope: "orders:read orders:write",
      org: "tea",
      role: "staff",
    }),
    PARTNER: await signWithSecret(PARTNER_SECRET, { ...claims, iss: "https://partner.example", sub: "acme" }),
    EXPIRED: await issuer.sign({ ...claims, sub: "ada", exp: iat - 3_600 }),
  };
  const variables = { CATALOG_URL: "https://catalog.example", PARTNER_SECRET };
  const gateway = await serveGateway({ directory, manifests: "", hash: "" }, variables);
  return new Playhouse(JSON.parse(stdout) as Prepared, directory, gateway, issuer, tokens);
}

function withTokens(command: Command, tokens: Readonly<Record<string, string>>): Command {
  const replaced = (text: string) =>
    text.replace(/\$([A-Z]+)/g, (whole, name: string) => tokens[name] ?? whole);
  return { ...command, headers: command.headers.map(([name, value]) => [name, replaced(value)] as const) };
}

/** The command as it was written, on all its lines. */
function commandOf({ text }: Exchange): string {
  return /^\$ (?:.*\\\n)*.*/.exec(text)?.[0] ?? "";
}

/** An exchange as a transcript would have it. */
function render(
  exchange: Exchange,
  seen: readonly Seen[],
  logged: string | undefined,
  answer: Answer,
): string {
  const left = [...exchange.answers];
  const calls = seen.flatMap(({ method, url, headers, body }) => {
    const index = left.findIndex((each) => each.method === method && each.url === url);
    const [said] = index < 0 ? [] : left.splice(index, 1);
    return [
      `  > ${method} ${url}`,
      ...fields(headers, exchange.text.includes("> x-identity-") ? ALWAYS_SENT : SENT_WITH_IDENTITY).map(
        (line) => `  > ${line}`,
      ),
      ...(body === "" ? [] : [`  > ${body}`]),
      ...(said === undefined
        ? ["  (which is not in the transcript)"]
        : [
            `  < ${said.status}`,
            ...said.headers.map(([name, value]) => `  < ${name}: ${value}`),
            ...(said.body === "" ? [] : said.body.split("\n").map((line) => `  < ${line}`)),
            ...(said.stalls ? ["  < never"] : []),
          ]),
    ];
  });
  const missing = left.map(({ method, url }) => `  (no ${method} ${url})`);
  return [
    commandOf(exchange),
    ...calls,
    ...missing,
    ...(logged === undefined ? [] : [`  log ${logged}`]),
    `HTTP/1.1 ${answer.status} ${answer.reason}`,
    ...fields(answer.headers, ALWAYS_ANSWERED),
    ...(answer.body === "" ? [] : ["", answer.body.trimEnd()]),
  ].join("\n");
}

function fields(headers: Answer["headers"], without: RegExp): string[] {
  return headers
    .filter(([name]) => !without.test(name))
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted();
}

/** A line with `…` stands for every line that fits it. */
function inItsWords(expected: string, actual: string): string {
  const lines = expected.split("\n");
  return actual
    .split("\n")
    .map((line, index) => {
      const pattern = lines[index]?.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      return pattern !== undefined && new RegExp(`^${pattern.join(".*")}$`).test(line) ? lines[index]! : line;
    })
    .join("\n");
}
