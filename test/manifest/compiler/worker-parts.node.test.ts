import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import type { JwtIssuer, JwtOptions } from "../../../src/identity/credentials/jwt.ts";
import { defineGateway, defineRoutes, introspection, jwt, upstream } from "../../../src/manifest/index.ts";
import { build, manifestOf } from "./judge.ts";

const login = upstream("login", { origin: "https://login.example" });
const issuer: JwtIssuer = { issuer: "x", audience: "a", keys: { url: "https://x.example/keys" } };

function partsOf(access: ReturnType<typeof jwt> | ReturnType<typeof introspection>): string[] {
  const routes = [defineRoutes({ access }, { "GET /a": { respond: {} } })];
  const { compiled, findings } = build(manifestOf(defineGateway({ routes })));
  expect(findings).toEqual([]);
  for (const { file, expression } of compiled.values) {
    expect(existsSync(file), file).toBe(true);
    expect(readFileSync(file, "utf8")).toContain(`export function ${expression.slice(1)}(`);
  }
  return compiled.values.map(({ expression }) => expression);
}
const ofJwt = (more: Partial<JwtOptions>) => partsOf(jwt({ issuers: issuer, ...more }));

describe("what few manifests declare", () => {
  it("is left out of Workers whose manifest does not", () => {
    expect(ofJwt({ from: { cookie: "session" } })).toEqual([]);
  });

  it("is imported for those that do, and nothing else is", () => {
    expect(ofJwt({ decryptionKeys: secret("SESSION_SECRET") })).toEqual([".createDecryption"]);
    expect(ofJwt({ proofOfPossession: "dpop" })).toEqual([".createDpop"]);
    expect(ofJwt({ proofOfPossession: "certificate" })).toEqual([".createCertificateBinding"]);
    const revoked = { upstream: login, path: "/revoked", every: "1m" };
    expect(ofJwt({ issuers: { ...issuer, revoked } })).toEqual([".createRevocation"]);
    const opaque = {
      upstream: login,
      path: "/introspect",
      clientId: "gateway",
      clientSecret: secret("SESSION_SECRET"),
      issuer: "x",
      audience: "a",
    };
    expect(partsOf(introspection(opaque))).toEqual([]);
    expect(partsOf(introspection({ ...opaque, proofOfPossession: "dpop" }))).toEqual([".createDpop"]);
  });
});
