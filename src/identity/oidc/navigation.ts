/**
 * Whether a browser asks for a page that somebody is about to look at, so that it can be sent to log in. A script's
 * request cannot follow to a provider, and must be told.
 */
export function isNavigation(method: string, headers: Headers): boolean {
  if (method !== "GET") return false;
  const mode = headers.get("sec-fetch-mode");
  return mode === null ? prefersHtml(headers.get("accept")) : mode === "navigate";
}

/** Browsers without fetch metadata name HTML; programs take anything. */
function prefersHtml(accept: string | null): boolean {
  return accept !== null && /(?:^|,)\s*text\/html\s*(?:[;,]|$)/i.test(accept);
}
