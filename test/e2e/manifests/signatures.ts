// Callers who sign their requests, or prove themselves with a password.
import {
  allOf,
  anyOf,
  basic,
  defineGateway,
  defineRoutes,
  env,
  hmac,
  httpSignature,
  secret,
  upstream,
  webhook,
} from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const forward = { upstream: origin };

const staff = basic({ users: { ada: secret("ADA_HASH") }, realm: "office" });
const partner = hmac({
  keys: { acme: [secret("PARTNER_SECRET"), secret("PARTNER_SECRET_OLD")] },
  headers: ["content-type"],
  nonce: true,
});
const stripe = webhook({ provider: "stripe", secret: secret("STRIPE_SECRET") });
const github = webhook({ provider: "github", secret: secret("GITHUB_SECRET") });
const signed = httpSignature({
  keys: {
    ed: {
      // The key of RFC 9421, appendix B.1.4: its private half is public.
      publicKey: { kty: "OKP", crv: "Ed25519", x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs" },
    },
    shared: { secret: secret("PARTNER_SECRET") },
  },
  components: ["@method", "@path", "@query"],
  nonce: true,
});

export const routes = defineRoutes(
  {},
  {
    "ANY /basic": { access: staff, forward },
    "ANY /hmac/*": { access: partner, bodyLimit: "64KB", forward },
    "POST /stripe": { access: stripe, forward },
    "POST /github": { access: github, forward },
    "ANY /signed/*": { access: signed, forward },
    "ANY /either/*": { access: anyOf(staff, partner, signed), forward },
    "ANY /both/*": { access: allOf(signed, staff), forward },
    "POST /unset": { access: webhook({ provider: "slack", secret: secret("UNSET") }), forward },
  },
);

export default defineGateway({
  require: [
    { match: "/hmac/*", access: partner },
    { match: "/signed/*", access: signed },
  ],
  routes: [routes],
});
