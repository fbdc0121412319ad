// What the examples' gateways, callers and operators have: secrets, keys and tokens.
import { exportJWK, generateKeyPair } from "jose";
import { type Signer, signWithSecret } from "../support/tokens.ts";
import { BOUND_KEY, BOUND_TO, BOUND_VARIABLES, sealed } from "./bound.ts";
import { CERTIFIED_BY } from "./certificates.ts";
import { SIGNING_KEYS, SIGNING_VARIABLES } from "./signing.ts";

type Values = Readonly<Record<string, string>>;

export const ADMIN_SECRET = "operators only.7f3a91";
const PARTNER_SECRET = "a secret of thirty-two characters";
const HOOK_SECRET = "what the gateway signs its webhooks with";

/** What callers and operators have of their own. */
export const CALLERS_VARIABLES: Values = {
  ...SIGNING_KEYS,
  BOUND_KEY,
  PARTNER_SECRET,
  HOOK_SECRET,
  ISOGATE_ADMIN_SECRET: ADMIN_SECRET,
};

/** Where callers' programs serve, by the names that gateways and programs have for it. @param port on loopback */
export function servedBy(port: number): Values {
  const url = `http://127.0.0.1:${port}`;
  return { HOOKS_URL: url, BILLING_URL: url };
}

/** The environment of the examples' gateways. */
export async function gatewayVariables(): Promise<Values> {
  return {
    CATALOG_URL: "https://catalog.example",
    ISOGATE_ADMIN_SECRET: ADMIN_SECRET,
    PARTNER_SECRET,
    HOOK_SECRET,
    ...BOUND_VARIABLES,
    ...SIGNING_VARIABLES,
    // What sessions are sealed with.
    SESSION_SECRET: "what only the gateway seals sessions with",
    SESSION_SECRET_OLD: "what it sealed sessions with before that",
    // What upstreams take.
    AWS_SECRET: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    CRM_SECRET: "the gateway's own",
    VENDOR_KEY: "k3y-of-the-vendor",
    BILLING_KEY: await privateJwk(),
  };
}

/** The key by which the gateway proves itself to an authorization server. */
async function privateJwk(): Promise<string> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return JSON.stringify({ ...(await exportJWK(privateKey)), alg: "ES256" });
}

/** Issued when all that holds does so already, and until long after the last play. In seconds. */
const ISSUED = 1_763_596_800;
const EXPIRES = ISSUED + 30 * 365 * 86_400;

/** Tokens by the names that transcripts have for them. */
export async function tokensOf(issuer: Signer): Promise<Values> {
  const claims = { iss: "https://login.example", aud: "shop", iat: ISSUED, exp: EXPIRES };
  const orders = { scope: "orders:read", org: "tea" };
  const staff = { scope: "orders:read orders:write", org: "tea", role: "staff" };
  return {
    ADA: await issuer.sign({ ...claims, sub: "ada", ...orders }),
    GRACE: await issuer.sign({ ...claims, sub: "grace", ...staff }),
    PARTNER: await signWithSecret(PARTNER_SECRET, { ...claims, iss: "https://partner.example", sub: "acme" }),
    BOUND: await issuer.sign({ ...claims, sub: "ada", cnf: BOUND_TO }),
    SEALED: await sealed(await issuer.sign({ ...claims, sub: "ada" })),
    CERTIFIED: await issuer.sign({ ...claims, sub: "orders", cnf: CERTIFIED_BY }),
    EXPIRED: await issuer.sign({ ...claims, sub: "ada", exp: ISSUED + 3_600 }),
  };
}
