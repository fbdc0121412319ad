import { Misuse } from "./misuse.ts";

/** A running gateway, and who asks it. */
export interface Gateway {
  /** Scheme, host and port. */
  readonly base: string;
  /** An admin token, or the gateway's own secret. */
  readonly credential: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

const DEFAULT_URL = "http://127.0.0.1:8787";
/** What opens the whole of the admin API. */
export const SECRET = ["ISOGATE_ADMIN_SECRET"] as const;
/** What opens the consumers' part of it. */
export const TOKEN_OR_SECRET = ["ISOGATE_ADMIN_TOKEN", ...SECRET] as const;

/**
 * Which gateway to ask, and as whom. The credential comes from the environment only: process lists show arguments.
 * @param url the option; before it comes nothing, after it ISOGATE_URL
 * @param names of the variables that may hold it, the first before the others
 * @param developmentVariables reads .dev.vars, which is for a gateway on this machine alone
 * @throws Misuse
 */
export function readGateway(
  url: string | undefined,
  names: readonly string[],
  env: Variables,
  developmentVariables: () => Variables,
): Gateway {
  const written = url ?? (env.ISOGATE_URL || DEFAULT_URL);
  const base = URL.canParse(written) ? new URL(written) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol))
    throw new Misuse(`"${written}" is no http(s) URL.`);
  if (base.username || base.password || base.search || base.hash || base.pathname !== "/")
    throw new Misuse("A gateway's URL is its scheme, host and port, and nothing else.");
  const isHere = isLoopback(base.hostname);
  if (base.protocol === "http:" && !isHere)
    throw new Misuse("Credentials are sent over https only, but for this machine.");
  const credential = given(names, env) ?? (isHere ? given(names, developmentVariables()) : undefined);
  if (credential === undefined) {
    const local = isHere ? ", or a line of it in .dev.vars" : "";
    throw new Misuse(`Say who asks: set ${names.join(" or ")} in the environment${local}.`);
  }
  if (!/^[\x20-\x7e]+$/.test(credential))
    throw new Misuse("The credential holds characters that no header field can carry.");
  return { base: base.origin, credential };
}

function given(names: readonly string[], variables: Variables): string | undefined {
  return names.map((name) => variables[name]).find((value) => value !== undefined && value !== "");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
