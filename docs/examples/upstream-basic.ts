// Origins that know the gateway by a password, or by a token that does not change.
import { defineGateway, defineRoutes, secret, upstream } from "isogate";

const stock = upstream("stock", {
  origin: "https://stock.example",
  credential: { basic: { user: "gateway", password: secret("VENDOR_KEY") } },
});
const news = upstream("news", {
  origin: "https://news.example",
  credential: { bearer: { token: secret("VENDOR_KEY") } },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      { "GET /stock": { forward: { upstream: stock } }, "GET /news": { forward: { upstream: news } } },
    ),
  ],
});

// $ npm run -s check -- --manifest docs/examples/upstream-basic.ts
//   1. upstream-basic.ts  upstream "stock" → credential.basic
//      the secret VENDOR_KEY is not listed in wrangler.toml
//      Add it to [secrets]: required = ["VENDOR_KEY"]
//   2. upstream-basic.ts  upstream "news" → credential.bearer
//      the secret VENDOR_KEY is not listed in wrangler.toml
//      Add it to [secrets]: required = ["VENDOR_KEY"]
//
// 2 mistakes in the manifest.
//
// $ curl -i http://localhost:8787/stock -H 'Authorization: Basic bWU6bWU='
//   > GET https://stock.example/stock
//   > authorization: Basic Z2F0ZXdheTprM3ktb2YtdGhlLXZlbmRvcg==
//   < 200
// HTTP/1.1 200 OK
//
// # An origin that does not accept the gateway says nothing about its callers.
// $ curl -i http://localhost:8787/news
//   > GET https://news.example/news
//   > authorization: Bearer k3y-of-the-vendor
//   < 401
//   < www-authenticate: Bearer
// HTTP/1.1 502 Bad Gateway
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"upstream-credential-refused",…}
