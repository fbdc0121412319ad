import { execFile } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Fence } from "../../scripts/reference/fences.ts";
import { freePort } from "../../scripts/start/free-port.ts";
import { removeGateway, serveGateway } from "../support/gateway.ts";
import { type Signer, signer } from "../support/tokens.ts";
import { proofOf } from "./bound.ts";
import { runCaller } from "./callers.ts";
import { CALLERS_VARIABLES, gatewayVariables, servedBy, tokensOf } from "./properties.ts";
import { commandOf, inItsWords, render, withNames } from "./rendering.ts";
import { signaturesOf } from "./signing.ts";
import type { Scene } from "./stage-messages.ts";
import { CF_HEADER, StagedGateway } from "./staged-gateway.ts";
import type { Command, Exchange } from "./transcript.ts";

/** What preparing the examples showed. */
export interface Prepared {
  /** What the check says of an example, by name. */
  readonly findings: Readonly<Record<string, string>>;
  readonly uncovered: readonly string[];
  readonly problems: readonly string[];
}

/** Midnight, so that windows begin with the play. */
const FIRST_DAY = 1_795_132_800_000;
const DAY = 86_400_000;
/** In whose gateway consumers are registered: the examples share a registry. */
const REGISTRAR = "api-key";

type Values = Readonly<Record<string, string>>;

/** All examples, served twice: to transcripts, whose time the test sets, and to callers' programs, which live today. */
export class Playhouse {
  readonly prepared: Prepared;
  readonly #directory: string;
  readonly #staged: StagedGateway;
  readonly #live: StagedGateway;
  readonly #issuer: Signer;
  readonly #servedBy: Values;
  readonly #tokens: Values;
  readonly #liveTokens: Values;
  #now = FIRST_DAY;

  private constructor(
    prepared: Prepared,
    directory: string,
    [staged, live]: readonly [StagedGateway, StagedGateway],
    issuer: Signer,
    served: Values,
    [tokens, liveTokens]: readonly [Values, Values],
  ) {
    this.prepared = prepared;
    this.#directory = directory;
    this.#staged = staged;
    this.#live = live;
    this.#issuer = issuer;
    this.#servedBy = served;
    this.#tokens = tokens;
    this.#liveTokens = liveTokens;
  }

  /** Checks, compiles and serves all examples. */
  static async open(): Promise<Playhouse> {
    const directory = await mkdtemp(join(tmpdir(), "isogate-examples-"));
    const script = join(import.meta.dirname, "prepare-examples.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [script, join(directory, "out")]);
    const config = join(directory, "out/config.capnp");
    const text = await readFile(config, "utf8");
    await writeFile(config, text.replace("http = ()", `http = (cfBlobHeader = "${CF_HEADER}")`));
    // Another run's programs may serve at this very moment.
    const served = servedBy(await freePort(11_000 + Math.floor(Math.random() * 9_000)));
    const variables = { ...(await gatewayVariables()), ...served };
    const serve = async () =>
      new StagedGateway(await serveGateway({ directory, manifests: "", hash: "" }, variables));
    const [staged, live] = await Promise.all([serve(), serve()]);
    const issuer = await signer("ES256");
    const tokens = await tokensOf(issuer);
    const registrar = { example: REGISTRAR, answers: [], keys: undefined };
    await staged.set({ ...registrar, now: FIRST_DAY, isLive: false });
    await live.set({ ...registrar, now: Date.now(), isLive: true });
    return new Playhouse(JSON.parse(stdout) as Prepared, directory, [staged, live], issuer, served, [
      { ...tokens, ACME: await staged.register() },
      { ...tokens, ACME: await live.register() },
    ]);
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
    const staged = this.#staged;
    await staged.set(this.#scene(example, { now: this.#now, answers: exchange.answers, isLive: false }));
    const proof = proofOf(command, this.#tokens.BOUND ?? "", this.#now);
    const tokens = { ...this.#tokens, ...signaturesOf(command, this.#now), PROOF: proof };
    const answer = await staged.send(withTokens(command, tokens));
    const logged = exchange.logged && (await staged.logged(answer, Object.keys(exchange.logged)));
    const seen = await staged.seen(exchange.answers.length);
    return inItsWords(exchange.text, withNames(render(exchange, seen, logged, answer), tokens));
  }

  /** Runs a caller's program against an example. @returns what it prints, in the words of `expected` where they hold */
  async call(program: Fence, expected: string): Promise<string> {
    const { url } = this.#live;
    await this.#live.set(this.#scene(program.example, { now: Date.now(), answers: [], isLive: true }));
    const own = { GATEWAY: url, TMPDIR: this.#directory, ...this.#servedBy };
    const given = { ...own, ...CALLERS_VARIABLES, ...this.#liveTokens };
    const printed = await runCaller(program, given);
    return inItsWords(expected, withNames(printed, { GATEWAY: url, ...this.#liveTokens }));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#staged.stop(), this.#live.stop()]);
    await removeGateway({ directory: this.#directory, manifests: "", hash: "" });
  }

  #scene(example: string, rest: Pick<Scene, "now" | "answers" | "isLive">): Scene {
    return { example, keys: { keys: [this.#issuer.jwk] }, ...rest };
  }
}

function withTokens(command: Command, tokens: Values): Command {
  const replaced = (text: string) =>
    text.replace(/\$([A-Z]+)/g, (whole, name: string) => tokens[name] ?? whole);
  return { ...command, headers: command.headers.map(([name, value]) => [name, replaced(value)] as const) };
}
