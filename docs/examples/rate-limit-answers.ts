// A hundred tokens a minute for each caller, where only the answer says how many it cost: ten are taken before, and the
// rest is charged once the origin has told.
import { defineGateway, defineRoutes, rateLimit, upstream } from "isogate";

const model = upstream("model", { origin: "https://model.example" });
const tokens = rateLimit({
  name: "tokens",
  limit: 100,
  window: "1m",
  counting: "exact",
  cost: { response: "headers.x-tokens", atFirst: 10, otherwise: 20 },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public", rateLimit: tokens },
      { "GET /answer": { forward: { upstream: model } } },
    ),
  ],
});

// $ curl -i http://localhost:8787/answer?q=tea
//   > GET https://model.example/answer?q=tea
//   < 200
//   < x-tokens: 170
//   < {"answer":"Assam"}
// HTTP/1.1 200 OK
// content-type: application/json
// ratelimit-policy: "tokens";q=100;w=60
// ratelimit: "tokens";r=0;t=61
// x-tokens: 170
//
// {"answer":"Assam"}
//
// # What was beyond the limit weighs on the next window, so there is nothing 61s later.
// $ curl -i http://localhost:8787/answer?q=cups
// HTTP/1.1 429 Too Many Requests
// cache-control: no-store
// content-type: application/problem+json
// ratelimit-policy: "tokens";q=100;w=60
// ratelimit: "tokens";r=0;t=…
// retry-after: …
//
// {…,"code":"rate-limited","detail":"At most 100 units per 1m are allowed.",…}
