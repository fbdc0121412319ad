/** Fields that are about one connection only, RFC 9110 §7.6.1 and §11.7, and `Proxy-Connection`, which never was one. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const NONE: readonly string[] = [];
/** A field name (RFC 9110 §5.1); anything else cannot be the name of a field that is there. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** Whether a field is never forwarded. @param name in lower case. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name);
}

/**
 * Names that a `Connection` field nominates as hop-by-hop too, in lower case, without those that are anyway.
 * They are honoured whatever they name, `Authorization` and `X-Forwarded-For` included: the gateway adds its own
 * fields after these are removed, so that a client cannot take them away.
 */
export function nominated(connection: string | null): readonly string[] {
  if (connection === null || connection === "keep-alive" || connection === "close") return NONE;
  const names = connection.split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => NAME.test(name) && name !== "close" && !HOP_BY_HOP.has(name));
}
