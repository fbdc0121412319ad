import { parseArgs } from "node:util";
import type { Asked } from "../../src/explain/asked.ts";
import type { Field } from "../../src/explain/traced.ts";
import { type Gateway, readGateway, SECRET } from "../admin/gateway.ts";
import { Misuse } from "../admin/misuse.ts";

/** How the command is written. */
export const USAGE = `npm run explain -- METHOD PATH-OR-URL [options]

  -H, --header 'Name: value'   a header field of the request; may be given several times
  -d, --data TEXT              its body
      --as SUBJECT             explains it as if a credential of this subject held
      --scopes A,B             … with these scopes
      --roles A,B              … with these roles
      --claims JSON            … and these claims
      --live URL               asks a running gateway for one real, traced request; its admin secret is in
                               ISOGATE_ADMIN_SECRET, or for a gateway on this machine in .dev.vars
      --manifest FILE          default: routes/index.ts
      --json                   prints the explanation as JSON`;

/** Somebody whose credential is taken to hold. */
export interface Pretended {
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly roles?: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What the command line asks for. */
export interface Command {
  readonly asked: Asked;
  /** Whether the host is one that was only made up for the path. */
  readonly hostIsMadeUp: boolean;
  readonly as: Pretended | undefined;
  readonly live: Gateway | undefined;
  readonly manifest: string | undefined;
  readonly json: boolean;
}

const DEFAULT_BASE = "https://gateway.example";
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the command line.
 * @param ofDevelopment reads .dev.vars
 * @returns why it cannot be read, as a sentence, where it cannot
 */
export function readCommand(
  args: readonly string[],
  env: Variables,
  ofDevelopment: () => Variables = () => ({}),
): Command | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { values, positionals } = parsed;
  const [method, target, ...rest] = positionals;
  if (method === undefined || target === undefined || rest.length > 0) return "Give a method and a path.";
  if (!METHOD.test(method)) return `"${withoutQuery(method)}" is no method.`;
  const fields = values.header.map(readField);
  const broken = fields.find((field) => typeof field === "string");
  if (broken !== undefined) return broken;
  const as = readPretended(values);
  if (typeof as === "string") return as;
  const live = readLive(values, env, ofDevelopment);
  if (typeof live === "string") return live;
  if (live !== undefined && as !== undefined)
    return "A running gateway takes nobody's word: --live goes without --as.";
  const at = placeOf(target, live?.base, fields as Field[]);
  if (typeof at === "string") return at;
  const asked = {
    method: method.toUpperCase(),
    url: at.url,
    headers: at.headers,
    ...(values.data !== undefined && { body: values.data }),
  };
  return { asked, hostIsMadeUp: at.madeUp, as, live, manifest: values.manifest, json: values.json };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      header: { type: "string", short: "H", multiple: true, default: [] },
      data: { type: "string", short: "d" },
      as: { type: "string" },
      scopes: { type: "string" },
      roles: { type: "string" },
      claims: { type: "string" },
      live: { type: "string" },
      manifest: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
}

type Values = ReturnType<typeof parse>["values"];

function readField(text: string): Field | string {
  const [, name, value] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/s.exec(text) ?? [];
  if (name !== undefined) return [name, value!];
  // What follows the first word may be a credential.
  return `"${text.split(/\s/, 1)[0]}…" is no header field: write 'Name: value'.`;
}

function readPretended({ as, scopes, roles, claims }: Values): Pretended | string | undefined {
  if (as === undefined) {
    const alone = [scopes, roles, claims].every((value) => value === undefined);
    return alone ? undefined : "--scopes, --roles and --claims go with --as.";
  }
  let parsed: unknown = {};
  try {
    if (claims !== undefined) parsed = JSON.parse(claims);
  } catch {
    return "--claims is no JSON.";
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    return "--claims is a JSON object.";
  return {
    subject: as,
    scopes: listed(scopes ?? ""),
    ...(roles !== undefined && { roles: listed(roles) }),
    claims: parsed as Readonly<Record<string, unknown>>,
  };
}

function listed(text: string): string[] {
  return text.split(/[\s,]+/).filter((name) => name !== "");
}

function readLive(
  { live }: Values,
  env: Variables,
  ofDevelopment: () => Variables,
): Gateway | string | undefined {
  if (live === undefined) return undefined;
  try {
    return readGateway(live, SECRET, env, ofDevelopment);
  } catch (error) {
    if (error instanceof Misuse) return error.message;
    throw error;
  }
}

/** The URL as it would stand on the wire. A Host field names the host, as a client's would. */
function placeOf(written: string, base: string | undefined, fields: readonly Field[]) {
  // A fragment is the client's own and never sent (RFC 3986 §3.5).
  const [target = ""] = written.split("#", 1);
  const headers = fields.filter(([name]) => name.toLowerCase() !== "host");
  const host = fields.find(([name]) => name.toLowerCase() === "host")?.[1];
  const [, scheme, authority, path] = /^(https?):\/\/([^/?#]+)(.*)$/s.exec(target) ?? [];
  if (scheme !== undefined) {
    const rest = path!.startsWith("/") ? path! : `/${path}`;
    return { url: `${scheme}://${host ?? authority}${rest}`, headers, madeUp: false };
  }
  if (!target.startsWith("/")) return `"${withoutQuery(target)}" is neither a path nor an http(s) URL.`;
  const root = base ?? DEFAULT_BASE;
  const url = host === undefined ? root : root.replace(/\/\/.*/, `//${host}`);
  return { url: url + target, headers, madeUp: host === undefined && base === undefined };
}

/** A target that is none may hold a credential all the same. */
function withoutQuery(text: string): string {
  return text.split("?", 1)[0]!.replace(/\/\/[^/]*@/, "//");
}
