// An origin that asks for a client certificate (mutual TLS): a binding of wrangler.toml, whose key no code ever sees.
import { defineGateway, defineRoutes, upstream } from "isogate";

const bank = upstream("bank", { origin: "https://bank.example", certificate: "BANK_CERT" });

export default defineGateway({
  routes: [defineRoutes({ access: "public" }, { "GET /balance": { forward: { upstream: bank } } })],
});

// $ npm run -s check -- --manifest docs/examples/upstream-certificate.ts
//   1. upstream-certificate.ts  upstream "bank" → certificate
//      wrangler.toml has no client certificate "BANK_CERT"
//      Add [[mtls_certificates]] with binding = "BANK_CERT".
//
// 1 mistake in the manifest.
//
// # Without it nothing is sent at all.
// $ curl -i http://localhost:8787/balance
// HTTP/1.1 500 Internal Server Error
// cache-control: no-store
// content-type: application/problem+json
//
// {…,"code":"configuration-missing",…}
