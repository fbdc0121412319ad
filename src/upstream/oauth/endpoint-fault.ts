/** Hosts that plain http may be used for: they are on this machine. */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** What is wrong with the address of a token endpoint, where something is: the gateway's secret goes there. */
export function endpointFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return "is not an absolute URL";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.includes(url.hostname))) {
    return "must be https: the gateway's own secret goes there";
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    return "must not hold a user name, password or fragment";
  }
  return undefined;
}
