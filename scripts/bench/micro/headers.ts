import { bench, do_not_optimize, group } from "mitata";
import { type OriginFacts, originHeaders } from "../../../src/http/outbound-headers.ts";
import { readTraceContext } from "../../../src/http/trace-context.ts";

const inbound = new Headers({
  accept: "application/json",
  "accept-encoding": "gzip",
  authorization: "Bearer token",
  "cf-connecting-ip": "203.0.113.7",
  "user-agent": "isogate-bench/1.0",
  "x-forwarded-for": "192.0.2.1",
});
const traced = new Headers({ traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });
const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);

const facts: OriginFacts = {
  address: "203.0.113.7",
  scheme: "https",
  host: "api.example",
  requestId: "0af7651916cd43dd8448eb211c80319c",
  trace: readTraceContext(traced, random),
  body: false,
  websocket: false,
};
const identified: OriginFacts = {
  ...facts,
  drop: new Set(["authorization"]),
  identity: [
    ["x-identity-subject", "ada"],
    ["x-identity-issuer", "https://login.example"],
  ],
};

/** What leaves for an origin, of six fields that came in. */
export function register(): void {
  group("headers", () => {
    bench("to an origin, public route", () => do_not_optimize(originHeaders(inbound, facts)));
    bench("to an origin, with an identity", () => do_not_optimize(originHeaders(inbound, identified)));
    bench("a trace read", () => do_not_optimize(readTraceContext(traced, random)));
    bench("a trace made", () => do_not_optimize(readTraceContext(inbound, random)));
  });
}
