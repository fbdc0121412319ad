import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OriginFacts, originHeaders } from "../../src/http/outbound-headers.ts";

const facts: OriginFacts = {
  address: "203.0.113.7",
  scheme: "https",
  host: "api.example.com",
  requestId: "request-1",
  trace: { traceId: "a".repeat(32), parentId: "b".repeat(16), flags: "01", state: undefined },
  body: false,
  websocket: false,
};

const GATEWAYS_OWN = {
  "x-forwarded-for": "203.0.113.7",
  "x-forwarded-proto": "https",
  "x-forwarded-host": "api.example.com",
  forwarded: "for=203.0.113.7;proto=https;host=api.example.com",
  "x-request-id": "request-1",
  traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
};

function sent(inbound: Record<string, string>, more: Partial<OriginFacts> = {}): Record<string, string> {
  return Object.fromEntries(originHeaders(new Headers(inbound), { ...facts, ...more }));
}

describe("originHeaders", () => {
  it("adds what the gateway knows, and nothing else", () => {
    expect(sent({})).toEqual(GATEWAYS_OWN);
  });

  it("leaves the inbound headers alone", () => {
    const inbound = new Headers({ "x-real-ip": "6.6.6.6", accept: "text/html" });
    originHeaders(inbound, facts);
    expect(Object.fromEntries(inbound)).toEqual({ "x-real-ip": "6.6.6.6", accept: "text/html" });
  });

  it("keeps the gateway's own cookies, and no others", () => {
    const cookie = "__Host-isogate-auth=1.x; theme=dark; __Host-isogate-auth~csrf=t";
    expect(sent({ cookie })).toEqual({ cookie: "theme=dark", ...GATEWAYS_OWN });
    expect(sent({ cookie: "__Host-isogate-auth=1.x" })).toEqual(GATEWAYS_OWN);
  });

  it("passes end-to-end fields on", () => {
    const inbound = {
      accept: "application/json",
      authorization: "Bearer t",
      cookie: "a=1; b=2",
      "user-agent": "test",
      "cdn-loop": "cloudflare",
      x_custom: "underscore",
      "x-custom.dot": "dot",
    };
    expect(sent(inbound)).toEqual({ ...inbound, ...GATEWAYS_OWN });
  });

  it("drops hop-by-hop fields and those that Connection nominates", () => {
    const inbound = {
      connection: "keep-alive, x-hop",
      "x-hop": "1",
      "keep-alive": "timeout=5",
      te: "trailers",
      trailer: "x",
      upgrade: "h2c",
      "proxy-authorization": "Basic eA==",
      "proxy-connection": "keep-alive",
      "transfer-encoding": "chunked",
    };
    expect(sent(inbound)).toEqual(GATEWAYS_OWN);
  });

  it("cannot be talked out of its own fields by nominating them", () => {
    const names = [...Object.keys(GATEWAYS_OWN), "x-identity-id"].join(", ");
    const identity = [["x-identity-id", "me"]] as const;
    expect(sent({ connection: names }, { identity })).toEqual({ ...GATEWAYS_OWN, "x-identity-id": "me" });
  });

  it.each([
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Prefix",
    "X-Real-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "CF-Connecting-IPv6",
    "CF-IPCountry",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-HTTP-Method-Override",
    "Client-Cert",
    "X-Identity-Id",
    "X-Identity-Anything",
    "X-Request-Id",
    "Traceparent",
    "Tracestate",
    "Host",
    "Transfer-Encoding",
  ])("lets no spelling of %s through", (name) => {
    // Every character of a token that is neither a letter nor a digit (RFC 9110 §5.6.2).
    const marks = fc.array(fc.constantFrom(..."-_.!#$%&'*+^`|~"), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(marks, (dashes) => {
        const parts = name.split("-");
        const spelt = parts.reduce((start, part, index) => start + dashes[index - 1] + part);
        expect(sent({ [spelt]: "spoofed" })).toEqual(GATEWAYS_OWN);
      }),
    );
  });

  it("drops the names it is told to, in every spelling", () => {
    const drop = new Set(["authorization", "x-api-key"]);
    const inbound = { authorization: "Bearer t", "x-api-key": "k", x_api_key: "k", "X.Api-Key": "k" };
    expect(sent(inbound, { drop })).toEqual(GATEWAYS_OWN);
  });

  it("sets identity fields in place of the client's", () => {
    const identity = [
      ["x-identity-id", "me"],
      ["x-user", "42"],
    ] as const;
    expect(sent({ "x-identity-id": "you", "x-user": "1", x_identity_id: "you" }, { identity })).toEqual({
      ...GATEWAYS_OWN,
      "x-identity-id": "me",
      "x-user": "42",
    });
  });

  it("keeps Content-Length with a body only", () => {
    expect(sent({ "content-length": "3" }, { body: true })).toHaveProperty("content-length", "3");
    expect(sent({ "content-length": "0" })).not.toHaveProperty("content-length");
  });

  it("passes a WebSocket upgrade on, and no other", () => {
    const upgrade = {
      connection: "keep-alive, Upgrade",
      upgrade: "WebSocket",
      "sec-websocket-protocol": "chat",
    };
    expect(sent(upgrade, { websocket: true })).toEqual({
      ...GATEWAYS_OWN,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-protocol": "chat",
    });
    expect(sent(upgrade)).toEqual({ ...GATEWAYS_OWN, "sec-websocket-protocol": "chat" });
  });

  it("passes the trace state on", () => {
    const trace = { ...facts.trace, state: "a=1" };
    expect(sent({ tracestate: "spoofed=1" }, { trace })).toEqual({ ...GATEWAYS_OWN, tracestate: "a=1" });
  });

  it("quotes IPv6 addresses and hosts with ports in Forwarded", () => {
    const { forwarded } = sent({}, { address: "2001:db8::1", host: "localhost:8787" });
    expect(forwarded).toBe('for="[2001:db8::1]";proto=https;host="localhost:8787"');
  });

  it("tells no address where there is none to tell", () => {
    const headers = sent({ "x-forwarded-for": "6.6.6.6" }, { address: "" });
    expect(headers).not.toHaveProperty("x-forwarded-for");
    expect(headers.forwarded).toBe("proto=https;host=api.example.com");
  });
});
