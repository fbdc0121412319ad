// An upgrade is passed on to the upstream, if the page that asks for it is the gateway's own or of a web origin that
// is listed; anything else is refused. What goes to and fro is bounded.
import { defineGateway, defineRoutes, upstream } from "isogate";

const live = upstream("live", { origin: "https://live.example" });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /prices": { websocket: true, forward: { upstream: live } },
        "GET /chat": {
          websocket: {
            origins: ["https://shop.example"],
            protocols: ["chat.v2"],
            maxMessage: "64KB",
            messagesPerSecond: 10,
            maxBytes: "100MB",
            idle: "5m",
            maxDuration: "2h",
            mode: "enforce",
          },
          forward: { upstream: live },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/prices -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
//     -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
//   > GET https://live.example/prices
//   > connection: Upgrade
//   > sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==
//   > sec-websocket-version: 13
//   > upgrade: websocket
//   < 101
// HTTP/1.1 101 Switching Protocols
// sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
// upgrade: websocket
//
// $ curl -i http://localhost:8787/chat -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
//     -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \
//     -H 'Sec-WebSocket-Protocol: chat.v2' -H 'Origin: https://evil.example'
// HTTP/1.1 403 Forbidden
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"origin-not-allowed",…}
//
// $ curl -i http://localhost:8787/prices
// HTTP/1.1 426 Upgrade Required
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"upgrade-required",…}
