import { nominated } from "./hop-by-hop.ts";

/** The hop-by-hop fields that a response may have. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * An origin's response as it may go on: without hop-by-hop and nominated fields (RFC 9110 §7.6.1), its body
 * streaming and its WebSocket kept. It is a copy, because the headers of a fetched response cannot be changed.
 */
export function responseHeaders(response: Response): Response {
  // Given as a whole: a literal with status and headers would lose the WebSocket.
  const { body, headers } = response;
  const copy = new Response(body, response);
  for (const name of nominated(headers.get("connection"))) copy.headers.delete(name);
  for (const name of HOP_BY_HOP) {
    if (headers.has(name)) copy.headers.delete(name);
  }
  return copy;
}
