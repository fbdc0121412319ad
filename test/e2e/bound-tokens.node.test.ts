import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CERTIFICATE, FINGERPRINT, TLS_CLIENT_AUTH } from "../support/client-certificate.ts";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { type Echo, type Origin, startOrigin } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse, rawGet, statusOf } from "../support/raw-http.ts";
import { bearing, type Signer, signer } from "../support/tokens.ts";

/** The header in which these tests tell workerd what the platform would say of a connection. */
const CF = "test-request-cf";

let built: BuiltGateway;
let gateway: ServedGateway;
let origin: Origin;
let issuer: Signer;
let holder: { readonly key: CryptoKey; readonly jwk: JWK; readonly token: string };

beforeAll(async () => {
  [built, origin, issuer] = await Promise.all([
    buildGateway("bound-tokens.ts"),
    startOrigin(),
    signer("ES256"),
  ]);
  const config = join(built.directory, "out/config.capnp");
  const text = await readFile(config, "utf8");
  await writeFile(config, text.replace("http = ()", `http = (cfBlobHeader = "${CF}")`));
  await origin.answer("/jwks.json", { body: JSON.stringify({ keys: [issuer.jwk] }) });
  gateway = await serveGateway(built, { ORIGIN: origin.url, DPOP_NONCE_SECRET: "n".repeat(32) });
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(publicKey);
  const cnf = { jkt: await calculateJwkThumbprint(jwk) };
  holder = { key: privateKey, jwk, token: await issuer.sign({ cnf }) };
});

afterAll(async () => {
  await Promise.all([gateway?.stop(), origin?.stop()]);
  if (built !== undefined) await removeGateway(built);
});

const get = (path: string, init?: HttpRequest) => ask(gateway.port, path, init);
const seen = (answer: HttpResponse) =>
  Object.fromEntries(answer.json<Echo>().headers.map(([name, value]) => [name.toLowerCase(), value]));
const proof = (path: string, claims: object = {}) => {
  const ath = createHash("sha256").update(holder.token).digest("base64url");
  const htu = `http://127.0.0.1:${gateway.port}${path}`;
  const iat = Math.floor(Date.now() / 1_000);
  return new SignJWT({ htm: "GET", htu, iat, ath, jti: crypto.randomUUID(), ...claims })
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: holder.jwk })
    .sign(holder.key);
};
const withProof = async (path: string, claims?: object) => ({
  headers: { authorization: `DPoP ${holder.token}`, dpop: await proof(path.split("?")[0]!, claims) },
});

describe("a DPoP-bound token", () => {
  it("is let in with a proof for the request, and neither reaches the origin", async () => {
    for (const path of ["/dpop", "/dpop?page=2", "/either", "/dpop/twice"]) {
      const answer = await get(path, await withProof(path));
      expect([path, answer.status]).toEqual([path, 200]);
      const fields = seen(answer);
      expect([fields.authorization, fields.dpop]).toEqual([undefined, undefined]);
      expect(fields["x-identity-subject"]).toBe("ada");
    }
    const posted = await get("/dpop", {
      ...(await withProof("/dpop", { htm: "POST" })),
      method: "POST",
      body: "x",
    });
    expect(posted.status).toBe(200);
  });

  it("is refused without one, or with another request's, and the log is told why but not the proof", async () => {
    const wrong = await withProof("/dpop", { htu: "http://evil.example/dpop" });
    const answer = await get("/dpop", wrong);
    expect(answer.status).toBe(401);
    expect(answer.header("www-authenticate")).toContain('error="invalid_dpop_proof"');
    const line = await gateway.line(answer.header("x-request-id"));
    expect(line).toMatchObject({ status: 401, fault: "client", cause: "the proof is for another URL" });
    expect(gateway.output()).not.toContain(wrong.headers.dpop);
    const bare = await get("/dpop", { headers: { authorization: `DPoP ${holder.token}` } });
    expect(bare.status).toBe(401);
    const none = await get("/dpop");
    expect([none.status, none.header("www-authenticate")]).toEqual([
      401,
      expect.stringMatching(/^DPoP .*algs=/),
    ]);
  });

  it("is no bearer token", async () => {
    const init = await withProof("/either");
    const headers = { ...init.headers, authorization: `Bearer ${holder.token}` };
    expect((await get("/dpop", { headers })).json().code).toBe("credential-missing");
    expect((await get("/either", { headers })).json().code).toBe("credential-invalid");
  });

  it("is refused when the request is played again, at once or with others at the same time", async () => {
    const init = await withProof("/dpop");
    expect((await get("/dpop", init)).status).toBe(200);
    expect((await get("/dpop", init)).status).toBe(401);
    const race = await withProof("/dpop");
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await get("/dpop", race)).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(19);
  });

  it("is refused with two proofs", async () => {
    const [one, two] = await Promise.all([proof("/dpop"), proof("/dpop")]);
    const fields = [`Authorization: DPoP ${holder.token}`, `DPoP: ${one}`, `DPoP: ${two}`];
    expect(statusOf(await rawGet(gateway.port, "/dpop", ...fields))).toBe(401);
  });

  it("needs the gateway's nonce where that is declared", async () => {
    const first = await get("/fresh", await withProof("/fresh"));
    expect([first.status, first.header("www-authenticate")]).toEqual([
      401,
      expect.stringContaining('error="use_dpop_nonce"'),
    ]);
    const nonce = first.header("dpop-nonce");
    expect((await get("/fresh", await withProof("/fresh", { nonce }))).status).toBe(200);
    expect((await get("/fresh", await withProof("/fresh", { nonce: "guess" }))).status).toBe(401);
  });
});

/** What the platform says of a connection, for these tests. */
const over = (tlsClientAuth: object, headers: object = {}) => ({
  headers: { ...headers, [CF]: JSON.stringify({ tlsClientAuth }) },
});

describe("a certificate-bound token", () => {
  it("is let in over a connection with its certificate, and no other", async () => {
    const hash = Buffer.from(FINGERPRINT, "hex").toString("base64url");
    const token = bearing(await issuer.sign({ cnf: { "x5t#S256": hash } }));
    const status = async (tlsClientAuth: object) =>
      (await get("/certificate", over(tlsClientAuth, token))).status;
    expect(await status(TLS_CLIENT_AUTH)).toBe(200);
    expect(await status({ ...TLS_CLIENT_AUTH, certVerified: "FAILED:expired" })).toBe(401);
    expect(await status({ ...TLS_CLIENT_AUTH, certRevoked: "1" })).toBe(401);
    expect(await status({ ...TLS_CLIENT_AUTH, certFingerprintSHA256: "00".repeat(32) })).toBe(401);
    expect((await get("/certificate", { headers: token })).status).toBe(401);
    expect((await get("/certificate", over(TLS_CLIENT_AUTH, bearing(await issuer.sign())))).status).toBe(401);
  });

  it("has the fingerprint that the tests say", () => {
    const der = Buffer.from(CERTIFICATE, "base64");
    expect(createHash("sha256").update(der).digest("hex")).toBe(FINGERPRINT);
  });
});

/** What a certificate says is remembered by its fingerprint. */
const ANOTHER = { ...TLS_CLIENT_AUTH, certFingerprintSHA256: "11".repeat(32) };

describe("a client certificate", () => {
  it("lets in, and the origin is told who it names", async () => {
    const answer = await get("/mtls", over(TLS_CLIENT_AUTH));
    expect(answer.status).toBe(200);
    const fields = seen(answer);
    expect(fields["x-identity-credential"]).toBe("mtls");
    expect(decodeURIComponent(fields["x-identity-subject"] ?? "")).toBe(TLS_CLIENT_AUTH.certSubjectDNRFC2253);
    expect((await get("/mtls/sales", over(TLS_CLIENT_AUTH))).status).toBe(403);
  });

  it.each<[string, object]>([
    ["is none", { certPresented: "0", certVerified: "NONE" }],
    ["was not verified", { ...TLS_CLIENT_AUTH, certVerified: "FAILED:self signed certificate" }],
    ["is revoked", { ...TLS_CLIENT_AUTH, certRevoked: "1" }],
    ["is another's", { ...ANOTHER, certSubjectDNRFC2253: "CN=sales" }],
    ["has no names", { ...ANOTHER, certRFC9440: "" }],
  ])("that %s is refused", async (_, tlsClientAuth) => {
    const answer = await get("/mtls", over(tlsClientAuth));
    expect([answer.status, answer.header("www-authenticate")]).toEqual([
      401,
      'ClientCertificate realm="api"',
    ]);
  });

  it("cannot be claimed in a header field", async () => {
    const fields: ReadonlyArray<readonly [name: string, value: string]> = [
      ["client-cert", `:${CERTIFICATE}:`],
      ["x-client-cert-verified", "SUCCESS"],
      ["cf", JSON.stringify({ tlsClientAuth: TLS_CLIENT_AUTH })],
    ];
    for (const [name, value] of fields)
      expect([name, (await get("/mtls", { headers: { [name]: value } })).status]).toEqual([name, 401]);
  });
});
