// People with passwords who belong to a registered consumer: with it they are suspended, and they have its plan.
import { basic, defineGateway, defineRoutes, secret } from "isogate";

const office = basic({
  users: { ada: secret("ADA_PASSWORD") },
  consumers: { ada: "acme" },
  registered: { staleness: "10s" },
});

export const me = defineRoutes(
  { access: office },
  { "GET /me": { handler: ({ identity }) => ({ id: identity?.id, plan: identity?.plan }) } },
);

export default defineGateway({ routes: [me] });

// $ npm run -s check -- --manifest docs/examples/basic-registered.ts
//   1. basic-registered.ts  group → access
//      the secret ADA_PASSWORD is not listed in wrangler.toml
//      Add it to [secrets]: required = ["ADA_PASSWORD"]
//
// 1 mistake in the manifest.
//
// $ curl -i http://localhost:8787/me -H 'Authorization: Basic YWRhOmNvcnJlY3QgaG9yc2U='
// HTTP/1.1 200 OK
// content-type: application/json
//
// {"id":"basic:api#ada","plan":"gold"}
//
// $ curl -i http://localhost:8787/me -H 'Authorization: Basic YWRhOmd1ZXNz'
// HTTP/1.1 401 Unauthorized
// cache-control: no-store
// content-type: application/problem+json
// www-authenticate: Basic realm="api", charset="UTF-8"
//
// {…,"code":"credential-invalid",…}
