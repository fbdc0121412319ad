import { parseDuration } from "../../src/schema/duration.ts";

/** What an upstream answers in a transcript. */
export interface ScriptedAnswer {
  readonly method: string;
  readonly url: string;
  /** `never`: not at all. `unreachable`: it cannot be reached. */
  readonly status: number | "never" | "unreachable";
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: string;
  /** The answer begins and does not end: its last line is `never`. */
  readonly stalls: boolean;
}

/** One command of a transcript, and all that is said to come of it. */
export interface Exchange {
  /** Time that passes before it, in ms. */
  readonly later: number;
  /** The request; undefined where the manifest is checked. */
  readonly command: Command | undefined;
  readonly answers: readonly ScriptedAnswer[];
  /** What the access log says of it; its members are a selection. */
  readonly logged: Readonly<Record<string, unknown>> | undefined;
  /** As it is written, without the remarks before it. */
  readonly text: string;
}

/** A `curl` command: the few options that transcripts need. */
export interface Command {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  readonly host: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: string | undefined;
  /** Name of the file with the client certificate of the connection. */
  readonly certificate?: string;
}

/**
 * Parses a transcript: `$ curl` and `$ npm run check` commands, each with what comes of it.
 *
 *     # 61s later
 *     $ curl -i http://localhost:8787/teas
 *       > GET https://catalog.example/teas
 *       < 200
 *       < ["assam"]
 *     HTTP/1.1 200 OK
 *
 *     ["assam"]
 *
 * @throws Error where it is not of this form
 */
export function parseTranscript(text: string): Exchange[] {
  const exchanges: Exchange[] = [];
  let later = 0;
  for (const block of text.split(/^(?=[$#] )/m)) {
    if (block.startsWith("# ")) {
      const time = /^# (?:.* )?(\d+(?:ms|s|m|h|d)) later\b/.exec(block)?.[1];
      if (time !== undefined) later += parseDuration(time) ?? 0;
    } else if (block.startsWith("$ ")) {
      exchanges.push(parseExchange(block.trimEnd(), later));
      later = 0;
    } else if (block.trim() !== "") throw new Error(`neither a command nor a remark: ${block}`);
  }
  return exchanges;
}

function parseExchange(text: string, later: number): Exchange {
  const [, command = "", rest = ""] = /^\$ ((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(text) ?? [];
  const lines = rest.split("\n");
  const logged = lines.find((line) => line.startsWith("  log "))?.slice(6);
  return {
    later,
    command: command.startsWith("npm ") ? undefined : parseCommand(command.replaceAll("\\\n", " ")),
    answers: parseAnswers(lines.filter((line) => /^ {2}[<>] /.test(line))),
    logged: logged === undefined ? undefined : (JSON.parse(logged) as Exchange["logged"]),
    text,
  };
}

function parseAnswers(lines: readonly string[]): ScriptedAnswer[] {
  const calls = lines.join("\n").split(/^(?= {2}> [A-Z]+ https?:)/m);
  return calls.flatMap((call) => {
    const [, method, url] = /^ {2}> ([A-Z]+) (\S+)$/m.exec(call) ?? [];
    if (method === undefined || url === undefined) return [];
    const said = [...call.matchAll(/^ {2}< (.*)$/gm)].map(([, line = ""]) => line);
    const [status = "200", ...others] = said;
    const stalls = others.at(-1) === "never";
    if (stalls) others.pop();
    // Fields come first: a line of an event stream looks like one.
    const end = others.findIndex((line) => !/^[a-z][\w-]*: /.test(line) || line.startsWith("data: "));
    const fields = end < 0 ? others : others.slice(0, end);
    return {
      method,
      url,
      status: status === "never" || status === "unreachable" ? status : Number(status),
      headers: fields.map((line) => line.split(/: (.*)/, 2) as [string, string]),
      body: others.slice(fields.length).join("\n"),
      stalls,
    };
  });
}

/** A word of a shell command: quoted in either way, or bare. */
const WORD = /'([^']*)'|"([^"]*)"|(\S+)/g;

function parseCommand(text: string): Command {
  const words = [...text.matchAll(WORD)].map(([, single, double, bare]) => single ?? double ?? bare ?? "");
  const [name, ...args] = words;
  if (name !== "curl") throw new Error(`no curl command: ${text}`);
  let url: URL | undefined;
  let method: string | undefined;
  let target = "";
  let body: string | undefined;
  let certificate: string | undefined;
  const headers: Array<readonly [string, string]> = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (arg === "-i") continue;
    if (arg === "-I") method = "HEAD";
    else if (arg === "-X") method = args[++index];
    else if (arg === "-H") headers.push(args[++index]!.split(/:\s*(.*)/, 2) as [string, string]);
    else if (arg === "-d") body = args[++index];
    else if (arg === "--cert") certificate = args[++index];
    else if (arg === "--key") index++;
    else if (arg === "-u") headers.push(["authorization", basicOf(args[++index]!)]);
    else if (arg === "--json") {
      body = args[++index];
      headers.push(["content-type", "application/json"], ["accept", "application/json"]);
    } else if (/^https?:\/\//.test(arg)) {
      url = new URL(arg);
      target = arg.slice(arg.indexOf("/", arg.indexOf("://") + 3));
    } else throw new Error(`transcripts do not know "${arg}": ${text}`);
  }
  if (url === undefined) throw new Error(`no URL: ${text}`);
  const own = certificate === undefined ? {} : { certificate };
  return {
    method: method ?? (body === undefined ? "GET" : "POST"),
    target,
    host: url.host,
    headers,
    body,
    ...own,
  };
}

function basicOf(nameAndPassword: string): string {
  return `Basic ${Buffer.from(nameAndPassword).toString("base64")}`;
}
