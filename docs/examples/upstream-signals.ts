// Whoever scales the shop is told when it has had too much to do for a minute: more than 200 requests at once, or every
// tenth answer after 800 ms, or one request in twenty refused. They are told again every ten minutes while it goes on, and once
// when it is over.
import { defineGateway, defineRoutes, upstream } from "isogate";

const scaler = upstream("scaler", { origin: "https://scaler.example" });
const shop = upstream("shop", {
  origin: "https://shop.example",
  shed: {},
  signals: {
    to: { upstream: scaler, path: "/hooks/scale" },
    above: { inFlight: 200, latency: "800ms", shedRate: 0.05 },
    for: "1m",
    recoverBelow: 0.7,
    every: "10m",
  },
});

export default defineGateway({
  routes: [defineRoutes({ access: "public" }, { "GET /teas": { forward: { upstream: shop } } })],
});

// $ curl -i http://localhost:8787/teas
//   > GET https://shop.example/teas
//   < 200
// HTTP/1.1 200 OK
