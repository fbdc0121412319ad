// A few people with passwords, of which the deployment has the hashes: `npm run hash-password` makes them.
import { basic, defineGateway, defineRoutes, secret } from "isogate";

const office = basic({
  users: { ada: secret("ADA_PASSWORD") },
  realm: "office",
});

export const me = defineRoutes(
  { access: office },
  { "GET /me": { handler: ({ identity }) => ({ id: identity?.id }) } },
);

export default defineGateway({ routes: [me] });

// $ npm run -s check -- --manifest docs/examples/basic.ts
//   1. basic.ts  group → access
//      the secret ADA_PASSWORD is not listed in wrangler.toml
//      Add it to [secrets]: required = ["ADA_PASSWORD"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/me -H 'Authorization: Basic YWRhOmNvcnJlY3QgaG9yc2U='
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"basic:office#ada"}
//
// $ curl -i http://localhost:8787/me -H 'Authorization: Basic YWRhOmd1ZXNz'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Basic realm="office", charset="UTF-8"
//
// {…,"code":"credential-invalid",…}
