// Callers who must be registered: an explanation asks no registry.
import { defineGateway, defineRoutes, jwt } from "isogate";

const customer = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "api",
    keys: { url: "https://login.example/keys" },
    consumerClaim: "org",
  },
  registered: true,
});
const machines = jwt({
  issuers: {
    issuer: "https://machines.example",
    audience: "api",
    keys: {
      keys: [
        {
          kty: "OKP",
          crv: "Ed25519",
          alg: "EdDSA",
          kid: "m",
          x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs",
        },
      ],
    },
    consumerClaim: "org",
  },
  registered: true,
});

export const routes = defineRoutes(
  {},
  {
    "GET /me": { access: customer, respond: { text: "me" } },
    "GET /machine": { access: machines, respond: { text: "machine" } },
  },
);

export default defineGateway({ routes: [routes] });
