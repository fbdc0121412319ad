import { stripVTControlCharacters } from "node:util";

/** What `wrangler dev` says that nobody at the gateway's prompt needs. */
const NOISE = [
  /^\s*$/,
  /^\s*⛅️ wrangler /,
  /^\s*─+$/,
  /^\[custom build\] Running:/,
  /^Using secrets defined in/,
  /^⎔ /,
  /^\[wrangler:info\]/,
  // Without internet wrangler goes on with a placeholder.
  /Unable to fetch the `Request\.cf` object/,
  /getaddrinfo \w+ workers\.cloudflare\.com/,
  /^\s+at GetAddrInfoReqWrap\./,
];

/** A line of wrangler's output as it is shown: shortened where it can be, undefined where it is noise. */
export function readLine(line: string): string | undefined {
  const text = stripVTControlCharacters(line);
  if (NOISE.some((pattern) => pattern.test(text))) return undefined;
  const changed = /^The file (.+) changed, restarting build/.exec(text)?.[1];
  if (changed !== undefined) return `${changed.startsWith(".isogate/") ? "the manifest" : changed} changed`;
  return accessLine(text) ?? line;
}

/** What is read of a line of the access log. */
interface Access {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly identity?: string;
  readonly cache?: string;
  readonly code?: string;
  readonly cause?: string;
  readonly upstreams?: ReadonlyArray<{ readonly upstream: string }>;
  readonly notes?: readonly string[];
}

/** A line of the access log, for people; undefined for any other line. */
function accessLine(text: string): string | undefined {
  if (!text.startsWith('{"time":')) return undefined;
  let access: Access;
  try {
    access = JSON.parse(text) as Access;
  } catch {
    return undefined;
  }
  const { method, path, status, ms, identity, cache, code, cause, upstreams = [], notes = [] } = access;
  const facts = [
    `${status} ${method} ${path}`,
    `${ms} ms`,
    cache && `cache ${cache}`,
    upstreams.length > 0 && `from ${upstreams.map(({ upstream }) => upstream).join(", ")}`,
    identity && `for ${identity}`,
    code,
    // A stack is for the full log; its first line says what happened.
    cause?.split("\n")[0],
    ...notes,
  ];
  return facts.filter(Boolean).join("  ");
}
