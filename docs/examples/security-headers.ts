// The defaults on everything; pages get a policy of their own.
import { defineGateway, defineRoutes } from "isogate";

export default defineGateway({
  defaults: { securityHeaders: true },
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /teas": { respond: { json: ["assam"] } },
        "GET /page": {
          securityHeaders: {
            contentSecurityPolicy: "default-src 'self'",
            strictTransportSecurity: "max-age=31536000; includeSubDomains",
            frameOptions: "SAMEORIGIN",
            referrerPolicy: "same-origin",
            crossOriginResourcePolicy: false,
          },
          respond: { text: "<h1>Tea</h1>", headers: { "content-type": "text/html; charset=utf-8" } },
        },
      },
    ),
  ],
});

// $ curl -i http://localhost:8787/teas
// HTTP/1.1 200 OK
// content-security-policy: default-src 'none'; frame-ancestors 'none'
// content-type: application/json
// cross-origin-resource-policy: same-origin
// referrer-policy: no-referrer
// strict-transport-security: max-age=31536000
// x-content-type-options: nosniff
// x-frame-options: DENY
//
// ["assam"]
//
// $ curl -i http://localhost:8787/page
// HTTP/1.1 200 OK
// content-security-policy: default-src 'self'
// content-type: text/html; charset=utf-8
// referrer-policy: same-origin
// strict-transport-security: max-age=31536000; includeSubDomains
// x-content-type-options: nosniff
// x-frame-options: SAMEORIGIN
//
// <h1>Tea</h1>
