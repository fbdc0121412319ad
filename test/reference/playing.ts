import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { exportJWK, generateKeyPair } from "jose";
import { removeGateway, type ServedGateway, serveGateway } from "../support/gateway.ts";
import { type Signer, signer, signWithSecret } from "../support/tokens.ts";
import { BOUND_TO, BOUND_VARIABLES, proofOf, sealed } from "./bound.ts";
import { SIGNING_VARIABLES, signaturesOf } from "./signing.ts";
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
const ADMIN_SECRET = "operators only.7f3a91";
/** What upstreams of the examples take. */
const UPSTREAM_VARIABLES = {
  AWS_SECRET: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  CRM_SECRET: "the gateway's own",
  VENDOR_KEY: "k3y-of-the-vendor",
};
/** What sessions of the examples are sealed with. */
const SESSION_VARIABLES = {
  SESSION_SECRET: "what only the gateway seals sessions with",
  SESSION_SECRET_OLD: "what it sealed sessions with before that",
};
const PARTNER_SECRET = "a secret of thirty-two characters";

/** All examples, served by one workerd. */
export class Playhouse {
  readonly prepared: Prepared;
  readonly #directory: string;
  readonly #gateway: ServedGateway;
  readonly #issuer: Signer;
  #tokens: Readonly<Record<string, string>>;
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

  /** Registers a consumer with a key that transcripts call `$ACME`. @param example in whose gateway: they share a registry */
  async register(example: string): Promise<void> {
    const scene: Scene = { example, now: this.#now, answers: [], keys: undefined };
    await this.#send({ ...STAGE_COMMAND, body: JSON.stringify(scene) }, "set");
    const headers = [
      ["authorization", `Bearer ${ADMIN_SECRET}`],
      ["content-type", "application/json"],
    ] as const;
    const call = (path: string, body: object) =>
      this.#send({
        ...STAGE_COMMAND,
        target: `/_gateway/consumers${path}`,
        headers,
        body: JSON.stringify(body),
      });
    await call("", { id: "acme", plan: "gold" });
    const { body } = await call("/acme/keys", { prefix: "shop_live", scopes: ["orders:read"] });
    this.#tokens = { ...this.#tokens, ACME: (JSON.parse(body) as { secret: string }).secret };
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
    const proof = proofOf(command, this.#tokens.BOUND ?? "", this.#now);
    const tokens = { ...this.#tokens, ...signaturesOf(command, this.#now), PROOF: proof };
    const answer = await this.#send(withTokens(command, tokens));
    const logged = exchange.logged && (await this.#logged(answer, Object.keys(exchange.logged)));
    const seen = await this.#seen(exchange.answers.length);
    return inItsWords(exchange.text, withNames(render(exchange, seen, logged, answer), tokens));
  }

  async stop(): Promise<void> {
    await this.#gateway.stop();
    await removeGateway({ directory: this.#directory, manifests: "", hash: "" });
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
    BOUND: await issuer.sign({ ...claims, sub: "ada", cnf: BOUND_TO }),
    SEALED: await sealed(await issuer.sign({ ...claims, sub: "ada" })),
    EXPIRED: await issuer.sign({ ...claims, sub: "ada", exp: iat - 3_600 }),
  };
  const variables = {
    CATALOG_URL: "https://catalog.example",
    ISOGATE_ADMIN_SECRET: ADMIN_SECRET,
    PARTNER_SECRET,
    ...SESSION_VARIABLES,
    ...BOUND_VARIABLES,
    ...SIGNING_VARIABLES,
    ...UPSTREAM_VARIABLES,
    BILLING_KEY: await privateJwk(),
  };
  const gateway = await serveGateway({ directory, manifests: "", hash: "" }, variables);
  const playhouse = new Playhouse(JSON.parse(stdout) as Prepared, directory, gateway, issuer, tokens);
  await playhouse.register("api-key");
  return playhouse;
}

/** The key by which the gateway proves itself to an authorization server. */
async function privateJwk(): Promise<string> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return JSON.stringify({ ...(await exportJWK(privateKey)), alg: "ES256" });
}

function withTokens(command: Command, tokens: Readonly<Record<string, string>>): Command {
  const replaced = (text: string) =>
    text.replace(/\$([A-Z]+)/g, (whole, name: string) => tokens[name] ?? whole);
  return { ...command, headers: command.headers.map(([name, value]) => [name, replaced(value)] as const) };
}

/** Tokens by the names that transcripts have for them. */
function withNames(text: string, tokens: Readonly<Record<string, string>>): string {
  return Object.entries(tokens).reduce((shown, [name, token]) => shown.replaceAll(token, `$${name}`), text);
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
