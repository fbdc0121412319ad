import { beforeAll, describe, expect, it, vi } from "vitest";
import { options } from "../../../src/identity/credentials/jwt.ts";
import { createKeySets } from "../../../src/identity/key-sets.ts";
import { keySetAddress, metadataAddress } from "../../../src/identity/keys/discovery.ts";
import { keySetFetcher } from "../../../src/identity/keys/fetch-key-set.ts";
import {
  AUDIENCE,
  bearing,
  clock,
  GOOD,
  ISSUER,
  identity,
  jwtCredential,
  refusal,
  type TestKey,
  testKey,
} from "../support.ts";

let first: TestKey;
let second: TestKey;

beforeAll(async () => {
  [first, second] = await Promise.all([testKey("ES256", "first"), testKey("ES256", "second")]);
});

describe("the address of an issuer's metadata", () => {
  it.each([
    [
      ISSUER,
      `${ISSUER}/.well-known/openid-configuration`,
      `${ISSUER}/.well-known/oauth-authorization-server`,
    ],
    [
      `${ISSUER}/realms/shop/`,
      `${ISSUER}/realms/shop/.well-known/openid-configuration`,
      `${ISSUER}/.well-known/oauth-authorization-server/realms/shop`,
    ],
  ])("for %s", (issuer, openid, oauth) => {
    expect(metadataAddress(issuer, "openid-configuration")).toBe(openid);
    expect(metadataAddress(issuer, "oauth-authorization-server")).toBe(oauth);
  });
});

describe("an issuer's metadata", () => {
  const read = (document: unknown, issuer = ISSUER) => keySetAddress(Response.json(document), issuer);
  const jwks_uri = "https://keys.example/jwks";

  it("say where its keys are", async () => {
    expect(await read({ issuer: ISSUER, jwks_uri })).toBe(jwks_uri);
    const local = "http://127.0.0.1:8788";
    expect(await read({ issuer: local, jwks_uri: `${local}/jwks` }, local)).toBe(`${local}/jwks`);
  });

  it.each<[string, unknown]>([
    ["of another issuer", { issuer: "https://evil.example", jwks_uri }],
    ["of an issuer in another spelling", { issuer: `${ISSUER}/`, jwks_uri }],
    ["of nobody", { jwks_uri }],
    ["without keys", { issuer: ISSUER }],
    ["with keys over http", { issuer: ISSUER, jwks_uri: "http://keys.example/jwks" }],
    ["with keys on this machine", { issuer: ISSUER, jwks_uri: "http://127.0.0.1/jwks" }],
    ["with a password", { issuer: ISSUER, jwks_uri: "https://a:b@keys.example/" }],
    ["with a list of addresses", { issuer: ISSUER, jwks_uri: [jwks_uri] }],
    ["that are nothing", null],
  ])("%s are refused", async (_, document) => {
    await expect(read(document)).rejects.toThrow();
  });
});

describe("a credential that discovers its issuer's keys", () => {
  const METADATA = `${ISSUER}/.well-known/openid-configuration`;
  function discovering() {
    const now = clock();
    const state = { at: `${ISSUER}/keys`, keys: [first], status: 200 };
    const fetch = vi.fn(async (address: RequestInfo | URL) => {
      if (state.status !== 200) return new Response(null, { status: state.status });
      if (address === METADATA) return Response.json({ issuer: ISSUER, jwks_uri: state.at });
      if (address === state.at) return Response.json({ keys: state.keys.map(({ publicJwk }) => publicJwk) });
      return new Response(null, { status: 404 });
    });
    const keySets = createKeySets({
      now,
      fetchKeySet: keySetFetcher({ fetch, systemContext: vi.fn() }),
    });
    const issuers = { issuer: ISSUER, audience: AUDIENCE, keys: { discovery: true as const } };
    const credential = jwtCredential({ issuers }, { now, keySets });
    const verify = async (key: TestKey) =>
      credential.verify(bearing(await key.sign({ ...GOOD, exp: GOOD.exp + 1e6, jti: crypto.randomUUID() })));
    return { now, state, fetch, verify };
  }

  it("asks for the metadata, then for the keys, once", async () => {
    const { fetch, verify } = discovering();
    for (const verdict of await Promise.all([verify(first), verify(first)]))
      expect(identity(verdict).subject).toBe("user-1");
    expect(fetch.mock.calls.map(([address]) => address)).toEqual([METADATA, `${ISSUER}/keys`]);
  });

  it("follows keys that move and change, and uses known ones while the issuer fails", async () => {
    const { now, state, verify } = discovering();
    identity(await verify(first));
    state.at = "https://elsewhere.example/jwks";
    state.keys = [second];
    // Its kid is unknown, so the issuer is asked again.
    identity(await verify(second));
    expect(refusal(await verify(first)).code).toBe("credential-invalid");
    state.status = 500;
    now.advance(6 * 3_600_000);
    identity(await verify(second));
    now.advance(24 * 3_600_000);
    expect(refusal(await verify(second)).code).toBe("key-set-unavailable");
  });

  it("is a fault of the declaration where the issuer is no https address", () => {
    const issues = (issuer: string) =>
      options().safeParse({ issuers: { issuer, audience: "a", keys: { discovery: true } } }).error?.issues ??
      [];
    expect(issues("shop")[0]).toMatchObject({ path: ["issuers", "issuer"] });
    expect(issues("http://issuer.example")[0]?.message).toContain("must be https");
    expect(issues(ISSUER)).toEqual([]);
    expect(
      options().parse({
        issuers: { issuer: ISSUER, audience: "a", keys: { discovery: "oauth-authorization-server" } },
      }).issuers[0]?.keys,
    ).toEqual({ discovery: `${ISSUER}/.well-known/oauth-authorization-server`, issuer: ISSUER });
  });
});
