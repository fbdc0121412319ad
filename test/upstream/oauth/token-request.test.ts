import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { env, secret, upstream } from "../../../src/manifest/index.ts";
import type { Resolved } from "../../../src/policies/policy.ts";
import type { CompiledClient } from "../../../src/upstream/oauth/client-options.ts";
import { tokenRequester } from "../../../src/upstream/oauth/token-request.ts";
import { options as schema } from "../../../src/upstream/presenters/client-credentials.ts";
import { contextOf, faults, refusalOf, toolsOf } from "../support.ts";

const ENDPOINT = "https://login.example/token";
const granted = () => Response.json({ access_token: "t", token_type: "Bearer", expires_in: 300 });

/** A client's options as they are in the Worker. */
function client(more: Partial<Resolved<CompiledClient>> = {}): Resolved<CompiledClient> {
  return {
    tokenEndpoint: { url: ENDPOINT },
    clientId: "gate way",
    clientSecret: "s:e%c ret",
    clientAuthentication: "client_secret_basic",
    scope: [],
    audience: [],
    resource: [],
    ...more,
  } as Resolved<CompiledClient>;
}

function bodyOf({ body }: RequestInit): string {
  // Whatever is no text is shown to nobody.
  if (!(body instanceof Uint8Array)) throw new Error("is not sent as bytes");
  return new TextDecoder().decode(body);
}

/** Asks for a token. */
async function ask(options = client(), answer: () => Response | Promise<Response> = granted) {
  const { tools, asked } = toolsOf(answer);
  const request = tokenRequester(options, tools);
  const grant = () => request("client_credentials", {}, contextOf().ctx, new AbortController().signal);
  return { grant, asked, sent: () => new URLSearchParams(bodyOf(asked[0]!.init)) };
}

describe("a request for a token", () => {
  it("proves the client by Basic with both parts form-encoded (RFC 6749 §2.3.1)", async () => {
    const { grant, asked, sent } = await ask();
    expect(await grant()).toEqual({ value: "t", lifetime: 300_000 });
    const { url, init } = asked[0]!;
    expect([url, init.method, init.redirect]).toEqual([ENDPOINT, "POST", "manual"]);
    const headers = new Headers(init.headers);
    expect(atob(headers.get("authorization")!.slice(6))).toBe("gate+way:s%3Ae%25c+ret");
    expect(headers.get("content-type")).toMatch(/^application\/x-www-form-urlencoded/);
    expect(Object.fromEntries(sent())).toEqual({ grant_type: "client_credentials" });
  });

  it("proves it in the body", async () => {
    const { grant, asked, sent } = await ask(client({ clientAuthentication: "client_secret_post" }));
    await grant();
    expect(new Headers(asked[0]!.init.headers).has("authorization")).toBe(false);
    expect(Object.fromEntries(sent())).toEqual({
      grant_type: "client_credentials",
      client_id: "gate way",
      client_secret: "s:e%c ret",
    });
  });

  it("proves it by a client certificate: by its name alone", async () => {
    const { grant, sent } = await ask(client({ clientAuthentication: "tls_client_auth" }));
    await grant();
    expect(Object.fromEntries(sent())).toEqual({ grant_type: "client_credentials", client_id: "gate way" });
  });

  it("asks for scopes, audiences and resources", async () => {
    const resource = ["https://a.example/", "https://b.example/"];
    const { grant, sent } = await ask(client({ scope: ["a", "b"], audience: ["x", "y"], resource }));
    await grant();
    expect([sent().get("scope"), sent().getAll("audience"), sent().getAll("resource")]).toEqual([
      "a b",
      ["x", "y"],
      resource,
    ]);
  });

  it("takes a token without a lifetime for one of five minutes, and none for longer than a day", async () => {
    const lifetime = async (expires_in?: unknown) =>
      (
        await (
          await ask(client(), () => Response.json({ access_token: "t", token_type: "bearer", expires_in }))
        ).grant()
      ).lifetime;
    expect([await lifetime(), await lifetime("60"), await lifetime(1e12)]).toEqual([
      300_000, 60_000, 86_400_000,
    ]);
  });
});

describe("a private key", () => {
  let privateKey: string;
  let keys: ReturnType<typeof createLocalJWKSet>;
  beforeAll(async () => {
    const pair = await generateKeyPair("ES256", { extractable: true });
    privateKey = JSON.stringify({ ...(await exportJWK(pair.privateKey)), alg: "ES256", kid: "own" });
    keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), alg: "ES256", kid: "own" }] });
  });

  it.each([
    [undefined, ENDPOINT],
    ["https://login.example", "https://login.example"],
  ])("signs an assertion for %s (RFC 7523 §2.2), a new one each time", async (issuer, audience) => {
    const { grant, asked } = await ask(
      client({ clientAuthentication: "private_key_jwt", clientSecret: undefined, privateKey, issuer }),
    );
    await grant();
    await grant();
    const ids = await Promise.all(
      asked.map(async ({ init }) => {
        const body = new URLSearchParams(bodyOf(init));
        expect(body.get("client_assertion_type")).toBe(
          "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        );
        const { payload } = await jwtVerify(body.get("client_assertion")!, keys, {
          issuer: "gate way",
          subject: "gate way",
          audience,
        });
        return payload.jti;
      }),
    );
    expect(new Set(ids).size).toBe(2);
  });

  it.each(["", "rubbish", "{}", '{"kty":"oct","k":"AAAA","alg":"HS256"}'])(
    "that is %j is told, not shown",
    async (text) => {
      const { grant, asked } = await ask(
        client({ clientAuthentication: "private_key_jwt", privateKey: text }),
      );
      expect(await refusalOf(grant)).toEqual({
        code: "configuration-missing",
        cause: "the private key of a client is not a private JWK with its alg",
      });
      expect(asked).toEqual([]);
    },
  );
});

describe("whose fault it is that there is no token", () => {
  const error = (status: number, code: string) => () =>
    Response.json({ error: code, error_description: "secret" }, { status });
  it.each<[string, () => Response | Promise<Response>, string, string]>([
    ["the client is refused", error(401, "invalid_client"), "refused", "answered 401: invalid_client"],
    [
      "the client is refused with a challenge",
      () =>
        Response.json({ error: "invalid_client" }, { status: 401, headers: { "www-authenticate": "Basic" } }),
      "refused",
      "answered 401",
    ],
    ["the scope is refused", error(400, "invalid_scope"), "refused", "answered 400: invalid_scope"],
    [
      "the server asks to wait",
      error(400, "temporarily_unavailable"),
      "unavailable",
      "temporarily_unavailable",
    ],
    ["it fails", () => new Response("oops", { status: 500 }), "unavailable", "unexpected HTTP status code"],
    ["it is busy", () => new Response("", { status: 429 }), "unavailable", ""],
    [
      "it redirects",
      () => Response.redirect("https://evil.example", 302),
      "unavailable",
      "unexpected HTTP status code",
    ],
    ["it answers a page", () => new Response("<html>"), "unavailable", ""],
    [
      "it answers rubbish",
      () => new Response("{", { headers: { "content-type": "application/json" } }),
      "unavailable",
      "",
    ],
    ["it grants nothing", () => Response.json({ token_type: "bearer" }), "unavailable", "access_token"],
    [
      "it grants a token of another type",
      () => Response.json({ access_token: "t", token_type: "mac" }),
      "unavailable",
      "",
    ],
    [
      "it grants a token bound to a key of nobody's",
      () => Response.json({ access_token: "t", token_type: "DPoP" }),
      "unavailable",
      "of no type that is known here",
    ],
    [
      "it grants what no header can hold",
      () => Response.json({ access_token: "a\r\nx: y", token_type: "bearer" }),
      "unavailable",
      "cannot stand in a header",
    ],
    [
      "it answers without end",
      () => new Response("x".repeat(70_000), { headers: { "content-type": "application/json" } }),
      "unavailable",
      "body-too-large",
    ],
    [
      "it cannot be reached",
      () => Promise.reject(new TypeError("Network connection lost.")),
      "unavailable",
      "lost",
    ],
  ])("where %s", async (_, answer, code, cause) => {
    const { grant } = await ask(client(), answer);
    const refused = await refusalOf(grant);
    expect(refused.code).toBe(`upstream-credential-${code}`);
    expect(refused.cause).toContain(cause);
    expect(String(refused.cause)).not.toMatch(/secret|ret$/);
  });

  it.each(["http://login.example/token", "login.example", "https://u:p@login.example"])(
    "the deployment's, where the variable says %s",
    async (url) => {
      const { grant, asked } = await ask(client({ tokenEndpoint: { url } }));
      expect((await refusalOf(grant)).code).toBe("configuration-missing");
      expect(asked).toEqual([]);
    },
  );
});

describe("a client's options", () => {
  const login = upstream("login", { origin: "https://login.example" });
  const bank = upstream("bank", { origin: "https://bank.example", certificate: "BANK_CERT" });
  const good = { tokenEndpoint: { url: ENDPOINT }, clientId: env("ID"), clientSecret: secret("S") };
  const judge = (more: object) => faults(schema(), { ...good, ...more });

  it("are a client with a secret, a key or a certificate", () => {
    expect(judge({})).toEqual([]);
    expect(judge({ clientAuthentication: "client_secret_post", scope: ["a", "b"], audience: "x" })).toEqual(
      [],
    );
    expect(judge({ clientSecret: undefined, privateKey: secret("K") })).toEqual([]);
    const behind = { upstream: bank, path: "/token" };
    expect(
      judge({ clientSecret: undefined, clientAuthentication: "tls_client_auth", tokenEndpoint: behind }),
    ).toEqual([]);
    expect(judge({ tokenEndpoint: { url: env("TOKEN_URL") } })).toEqual([]);
    expect(judge({ tokenEndpoint: { url: "http://127.0.0.1:9/token" } })).toEqual([]);
  });

  it("say by what the client proves itself, once", () => {
    expect(judge({ clientSecret: undefined })).toEqual(["clientSecret: is missing for client_secret_basic"]);
    expect(judge({ privateKey: secret("K") })).toEqual(["clientSecret: is no part of private_key_jwt"]);
    expect(judge({ clientAuthentication: "private_key_jwt" })).toEqual([
      "clientSecret: is no part of private_key_jwt",
      "privateKey: is missing for private_key_jwt",
    ]);
    expect(judge({ clientSecret: "plain" })).toEqual([
      'clientSecret: must be secret("NAME"): secrets never stand in a manifest',
    ]);
    expect(judge({ clientSecret: undefined, clientAuthentication: "tls_client_auth" })).toEqual([
      "tokenEndpoint: must be an upstream with a certificate, which is what tls_client_auth presents",
    ]);
    const behind = { upstream: login, path: "/token" };
    expect(judge({ clientSecret: undefined, privateKey: secret("K"), tokenEndpoint: behind })).toEqual([
      "issuer: is missing: what private_key_jwt signs is for an authorization server of this name",
    ]);
  });

  it("name an endpoint that a secret can be sent to", () => {
    for (const [url, fault] of [
      ["http://login.example/token", "must be https: the gateway's own secret goes there"],
      ["login.example", "is not an absolute URL"],
      ["https://u@login.example", "must not hold a user name, password or fragment"],
    ]) {
      expect(judge({ tokenEndpoint: { url } })).toEqual([`tokenEndpoint.url: ${fault}`]);
    }
    expect(judge({ tokenEndpoint: {} })).toEqual(["tokenEndpoint: is { url } or { upstream, path }"]);
    expect(judge({ scope: 'a"b', resource: "orders" })).toHaveLength(2);
  });
});
