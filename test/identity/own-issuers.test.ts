import { beforeAll, describe, expect, it } from "vitest";
import { secret } from "../../src/env.ts";
import { knownKey } from "../../src/identity/consumers/known-key.ts";
import { options as introspectionOptions } from "../../src/identity/credentials/introspection.ts";
import { options as jwtOptions } from "../../src/identity/credentials/jwt.ts";
import { options as oidcOptions } from "../../src/identity/credentials/oidc.ts";
import { permissionOf } from "../../src/identity/external-auth/permission.ts";
import { isOwnIssuer, OWN_ISSUERS } from "../../src/identity/own-issuers.ts";
import { upstream } from "../../src/upstream/declare.ts";
import { callers } from "./callers.ts";
import { identity, NOW } from "./support.ts";

const OURS = [
  "consumers",
  "webhook",
  "basic:api",
  "basic:",
  "external:login",
  "hmac:api",
  "http-signature:api",
  "mtls:CN=Partner CA",
];
const OTHERS = [
  "https://login.example",
  "consumers.example",
  "Consumers",
  "webhooks",
  "webhook:x",
  "basic",
  "hmacs:api",
  "urn:basic:api",
];

describe("the names of the gateway's own issuers", () => {
  it("are no issuer's of tokens, which could name its callers like ours", () => {
    const keys = { secret: secret("SECRET") };
    const upstreams = {
      upstream: upstream("login", { origin: "https://login.example" }),
      path: "/introspect",
    };
    const client = { clientId: "gateway", clientSecret: secret("SECRET"), audience: "api" };
    const session = { secret: secret("SECRET") };
    const accepted = (issuer: string) => [
      jwtOptions().safeParse({ issuers: { issuer, audience: "api", keys } }),
      introspectionOptions().safeParse({ ...upstreams, ...client, issuer }),
    ];
    for (const issuer of OURS) {
      const login = oidcOptions().safeParse({ issuer, clientId: "shop", session });
      for (const { success, error } of [...accepted(issuer), login]) {
        expect([issuer, success]).toEqual([issuer, false]);
        expect(error?.issues.map(({ path }) => path.at(-1))).toEqual(["issuer"]);
      }
      expect(accepted(issuer)[0]?.error?.issues[0]?.message).toContain("the gateway's own credentials");
    }
    for (const issuer of OTHERS)
      for (const { success } of accepted(issuer)) expect([issuer, success]).toEqual([issuer, true]);
  });

  describe("are all of them: the ids of whom each credential proves begin so", () => {
    const ids: Partial<Record<keyof typeof OWN_ISSUERS, string>> = {};

    beforeAll(async () => {
      const grant = { id: "k", consumer: "acme", prefix: "shop", createdAt: NOW, scopes: [] };
      const acme = { id: "acme", roles: [], metadata: {}, suspended: false, createdAt: NOW, version: 1 };
      ids.apiKey = knownKey({ key: grant, consumer: acme }, NOW).identity.id;
      const names = { subject: "x-user", scopes: undefined, roles: undefined };
      ids.externalAuth = permissionOf(new Headers({ "x-user": "ada" }), "login", {
        identity: names,
        toOrigin: [],
      })?.id;
      for (const type of ["basic", "hmac", "httpSignature", "mtls", "webhook"] as const)
        ids[type] = identity(await callers[type].declare().verify(await callers[type].present())).id;
    });

    it.each(Object.keys(OWN_ISSUERS) as Array<keyof typeof OWN_ISSUERS>)("%s", (type) => {
      const issuer = ids[type]?.split("#", 1)[0] ?? "";
      expect([issuer.startsWith(OWN_ISSUERS[type]), isOwnIssuer(issuer)]).toEqual([true, true]);
    });
  });
});
