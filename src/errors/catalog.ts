/** Whose doing an error is. It decides the status class and who is woken at night. */
export type Fault = "client" | "upstream" | "gateway";

/** One entry of the error catalog. */
export interface CatalogEntry {
  /** HTTP status of the answer. */
  readonly status: number;
  readonly fault: Fault;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** RFC 9457 `title`: public, the same for every occurrence, gives nothing away. */
  readonly title: string;
}

const client = (status: number, title: string, retryable = false): CatalogEntry => ({
  status,
  fault: "client",
  retryable,
  title,
});
const upstream = (status: number, title: string, retryable = true): CatalogEntry => ({
  status,
  fault: "upstream",
  retryable,
  title,
});
const gateway = (status: number, title: string, retryable = true): CatalogEntry => ({
  status,
  fault: "gateway",
  retryable,
  title,
});

/** Every error that can reach a client, by its stable code. The code is the last part of the problem's `type`. */
export const catalog = {
  "malformed-path": client(400, "The request path is malformed"),
  "malformed-query": client(400, "The request query is malformed"),
  "malformed-header": client(400, "A request header is malformed"),
  "malformed-body": client(400, "The request body is malformed"),
  "subprotocol-required": client(400, "No WebSocket subprotocol was offered that is spoken here"),
  "unusable-value": client(400, "A value of the request cannot be used where the route needs it"),
  "login-failed": client(400, "The login or logout could not be completed"),
  "credential-missing": client(401, "Authentication is required"),
  "credential-invalid": client(401, "The credential was not accepted"),
  "credit-used-up": client(402, "The credit is used up"),
  "insufficient-rights": client(403, "The credential does not grant this"),
  blocked: client(403, "The request is not accepted"),
  "consumer-suspended": client(403, "The caller's access is suspended"),
  "consumer-unknown": client(403, "The caller is not registered"),
  "cross-site-request": client(403, "Another site may have made this request"),
  "origin-not-allowed": client(403, "Requests from this web origin are not allowed"),
  "route-not-found": client(404, "There is no such route"),
  "entry-not-found": client(404, "There is no such entry"),
  "method-not-allowed": client(405, "The method is not allowed here"),
  conflict: client(409, "The request conflicts with what is there"),
  "precondition-failed": client(412, "What was to be changed has changed meanwhile"),
  "body-too-large": client(413, "The request body is too large"),
  "uri-too-long": client(414, "The request target is too long"),
  "upgrade-required": client(426, "This route only speaks WebSocket"),
  "precondition-required": client(428, "The request must say which version it is about"),
  "rate-limited": client(429, "Too many requests", true),
  "quota-exceeded": client(429, "The quota of this period is used up", true),
  "too-many-at-once": client(429, "Too many requests at once", true),
  "upstream-unreachable": upstream(502, "An upstream could not be reached"),
  "upstream-invalid": upstream(502, "An upstream gave an answer that cannot be used"),
  "not-recorded": upstream(502, "The recording of an upstream has no answer to this", false),
  "upstream-unavailable": upstream(503, "An upstream is unavailable"),
  "upstream-timeout": upstream(504, "An upstream did not answer in time"),
  "upstream-credential-refused": upstream(502, "An upstream does not accept the gateway", false),
  "upstream-credential-unavailable": upstream(
    503,
    "The gateway cannot prove itself to an upstream at the moment",
  ),
  "login-unavailable": upstream(503, "Logging in is not possible at the moment"),
  "key-set-unavailable": upstream(503, "Credentials cannot be verified at the moment"),
  "verification-unavailable": upstream(503, "The credential cannot be looked up at the moment"),
  "authorization-unavailable": upstream(503, "Authorization cannot be decided at the moment"),
  "store-unavailable": gateway(503, "This cannot be decided at the moment"),
  "temporary-reduced-capacity": gateway(503, "There is no room for the request at the moment"),
  "deadline-exceeded": gateway(504, "The request took longer than its deadline"),
  "loop-detected": gateway(508, "The request was dispatched in a loop", false),
  "configuration-missing": gateway(500, "The gateway is not configured for this route", false),
  "internal-error": gateway(500, "Something went wrong in the gateway"),
} as const satisfies Record<string, CatalogEntry>;

/** A stable error code. */
export type ErrorCode = keyof typeof catalog;
