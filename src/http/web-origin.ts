/** Web origins that are let in: exact ones, and `https://*.shop.example` for every name below it; or all. */
export type WebOrigins = "*" | readonly string[];

/** How a web origin is written that is let in. */
export const WEB_ORIGIN = /^https?:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?$/;

/** Whether a request could have this origin: the scheme's own port is never written (RFC 6454 §6.2). */
export function isSerialised(origin: string): boolean {
  const name = origin.replace("*.", "");
  return !URL.canParse(name) || new URL(name).origin === name;
}

/** Makes the test whether an `Origin` is one of these. */
export function webOriginTest(origins: WebOrigins): (origin: string) => boolean {
  if (origins === "*") return () => true;
  const exact = new Set<string>();
  // `https://*.shop.example` → scheme and the suffix that a name must end with.
  const wildcards: Array<readonly [scheme: string, suffix: string]> = [];
  for (const origin of origins) {
    const [scheme, suffix] = origin.split("*");
    if (suffix === undefined) exact.add(origin);
    else wildcards.push([scheme!, suffix]);
  }
  return (origin) => exact.has(origin) || wildcards.some(([scheme, suffix]) => below(origin, scheme, suffix));
}

/** `https://eu.shop.example` is below `https://*.shop.example`; `https://evil.example#.shop.example` is no origin. */
function below(origin: string, scheme: string, suffix: string): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(suffix)) return false;
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(origin.slice(scheme.length, origin.length - suffix.length));
}
