// Origins that ask the gateway for a secret, in a header or in the query. What a caller sends in its place ends here.
import { defineGateway, defineRoutes, secret, upstream } from "isogate";

const value = secret("VENDOR_KEY");
const weather = upstream("weather", {
  origin: "https://weather.example",
  credential: { apiKey: { header: "X-Weather-Key", prefix: "v1 ", value } },
});
const maps = upstream("maps", {
  origin: "https://maps.example",
  credential: { apiKey: { query: "appid", value } },
});

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      { "GET /weather": { forward: { upstream: weather } }, "GET /maps": { forward: { upstream: maps } } },
    ),
  ],
});

// $ npm run -s check -- --manifest docs/examples/upstream-api-key.ts
//   1. upstream-api-key.ts  upstream "weather" → credential.apiKey
//      the secret VENDOR_KEY is not listed in wrangler.toml
//      Add it to [secrets]: required = ["VENDOR_KEY"]
//   2. upstream-api-key.ts  upstream "maps" → credential.apiKey
//      the secret VENDOR_KEY is not listed in wrangler.toml
//      Add it to [secrets]: required = ["VENDOR_KEY"]
//
// 2 mistakes in the manifest.
//
// $ curl -i http://localhost:8787/weather -H 'X-Weather-Key: mine' -H 'X_Weather_Key: mine'
//   > GET https://weather.example/weather
//   > x-weather-key: v1 k3y-of-the-vendor
//   < 200
// HTTP/1.1 200 OK
//
// $ curl -i "http://localhost:8787/maps?at=hamburg&appid=mine"
//   > GET https://maps.example/maps?at=hamburg&appid=k3y-of-the-vendor
//   < 200
// HTTP/1.1 200 OK
