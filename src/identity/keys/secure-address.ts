/** Hosts that plain http may be used for: they are on this machine. */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * What is wrong with an address that keys are fetched from: who can change them on their way can be any caller. Undefined
 * where nothing is.
 */
export function addressFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return "is not an absolute URL";
  if (url.protocol !== "https:" && !isLocal(url))
    return "must be https: who can change the keys on their way can be any caller";
  return url.username !== "" || url.password !== "" ? "must not hold a user name or password" : undefined;
}

/** Whether keys may be fetched from an address that an issuer names: plain http only where its own is on this machine. */
export function isSecureAddress(text: string, issuer: string): boolean {
  return (
    addressFault(text) === undefined && (new URL(text).protocol === "https:" || isLocal(new URL(issuer)))
  );
}

function isLocal({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && LOOPBACK.includes(hostname);
}
