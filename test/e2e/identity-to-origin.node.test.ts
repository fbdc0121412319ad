import fc from "fast-check";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServedGateway } from "../support/gateway.ts";
import type { Echo, Field, OriginEvent } from "../support/origin.ts";
import { ask, RawConnection, statusOf } from "../support/raw-http.ts";
import { bearing, ISSUER, type Signer, signer } from "../support/tokens.ts";
import { connectWebSocket } from "../support/websocket-client.ts";
import { serve } from "./served.ts";

const served = serve("upstream-credentials.ts", (origin) => ({
  ORIGIN: origin.url,
  LOGIN: origin.url,
  TOKEN_URL: `${origin.url}/token`,
  ...Object.fromEntries(
    ["CLIENT_SECRET", "CLIENT_KEY", "API_KEY", "AWS_SECRET", "HMAC_SECRET"].map((name) => [
      name,
      "s".repeat(40),
    ]),
  ),
}));
let issuer: Signer;
let gateway: ServedGateway;
let keys: ReturnType<typeof createRemoteJWKSet>;

beforeAll(async () => {
  issuer = await signer("ES256");
  gateway = served.gateway;
  await served.origin.answer("/jwks.json", {
    headers: [["cache-control", "max-age=300"]],
    body: JSON.stringify({ keys: [issuer.jwk] }),
  });
  keys = createRemoteJWKSet(new URL(`http://127.0.0.1:${gateway.port}/_gateway/jwks.json`));
});

type Request = Extract<OriginEvent, { kind: "request" }>;

/** Paths of the origin that each road of the gateway leads to. */
const ROADS: Readonly<Record<string, readonly string[]>> = {
  "/told/forwarded": ["/told/forwarded"],
  "/told/composed": ["/a", "/b"],
  "/told/dispatched": ["/told/forwarded"],
  "/told/handled": ["/handled"],
  "/told/hooked": ["/from-the-hook", "/told/hooked"],
  "/told/cached": ["/told/cached"],
};

const named = (fields: readonly Field[], name: string) =>
  fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);

/** What reached the origin's paths since. */
async function arrivals(paths: readonly string[], work: () => Promise<unknown>): Promise<Request[]> {
  const before = await Promise.all(paths.map(async (path) => (await served.origin.requests(path)).length));
  await work();
  const now = await Promise.all(paths.map((path) => served.origin.requests(path)));
  return now.flatMap((requests, index) => requests.slice(before[index]));
}

describe("an identity token", () => {
  it("is on every road to the origin, and holds for whoever fetches the published keys", async () => {
    const token = await issuer.sign({ org: "tea" });
    for (const [road, paths] of Object.entries(ROADS)) {
      const arrived = await arrivals(paths, async () => {
        expect([road, (await ask(gateway.port, road, { headers: bearing(token) })).status]).toEqual([
          road,
          200,
        ]);
      });
      expect([road, arrived.length]).toEqual([road, paths.length]);
      for (const { headers } of arrived) {
        const [jwt = ""] = named(headers, "x-identity-token");
        const { payload, protectedHeader } = await jwtVerify(jwt, keys, {
          issuer: "isogate",
          audience: "orders",
        });
        expect(protectedHeader).toMatchObject({ alg: "ES256", typ: "JWT", kid: expect.any(String) });
        expect(payload).toMatchObject({
          sub: `${ISSUER}#ada`,
          scope: "orders:read orders:write",
          identity: { subject: "ada", issuer: ISSUER, credential: "jwt", claims: { org: "tea" } },
        });
        expect(payload.exp! - payload.iat!).toBe(60);
      }
    }
  });

  it("is one for all requests of a caller, and another for another", async () => {
    const tokens = await Promise.all([issuer.sign({ sub: "grace" }), issuer.sign({ sub: "linus" })]);
    const arrived = await arrivals(["/told/forwarded"], () =>
      Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          ask(gateway.port, "/told/forwarded", { headers: bearing(tokens[index % 2]!) }),
        ),
      ),
    );
    const given = arrived.map(({ headers }) => named(headers, "x-identity-token")[0]);
    expect([given.length, new Set(given).size]).toEqual([60, 2]);
  });

  it("is on a WebSocket too", async () => {
    const token = await issuer.sign();
    const [arrived] = await arrivals(["/told/socket"], async () => {
      const socket = await connectWebSocket(gateway.port, "/told/socket", {
        ...bearing(token),
        "x-identity-token": "theirs",
        x_identity_id: "root",
      });
      socket.drop();
    });
    const [jwt = "", ...others] = named(arrived!.headers, "x-identity-token");
    expect([others, named(arrived!.headers, "x_identity_id")]).toEqual([[], []]);
    expect((await jwtVerify(jwt, keys, { audience: "orders" })).payload.sub).toBe(`${ISSUER}#ada`);
  });

  it("is not there where nobody is known, or an answer is for everybody", async () => {
    const token = await issuer.sign();
    const spoofed = { "x-identity-token": "theirs", "x-identity-id": "root" };
    const open = await ask(gateway.port, "/told/open", { headers: spoofed });
    const [shared] = await arrivals(["/told/shared"], () =>
      ask(gateway.port, "/told/shared", { headers: { ...bearing(token), ...spoofed } }),
    );
    for (const fields of [open.json<Echo>().headers, shared!.headers]) {
      expect(fields.filter(([name]) => /identity/i.test(name))).toEqual([]);
    }
  });

  it("has keys that anybody may fetch and remember", async () => {
    const answer = await ask(gateway.port, "/_gateway/jwks.json");
    expect([answer.status, answer.header("cache-control"), answer.header("content-type")]).toEqual([
      200,
      "public, max-age=300",
      "application/jwk-set+json",
    ]);
    const [key] = answer.json<{ keys: object[] }>().keys;
    expect(Object.keys(key!).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  });
});

describe("what a client says of its identity", () => {
  /** What the gateway itself says, and nothing else may: folded as the most lenient origin would. */
  const isIdentity = (name: string) => {
    const folded = name
      .normalize("NFKD")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-");
    return /^-?x-identity-/.test(folded);
  };
  const OWN = /^x-identity-(?:id|subject|issuer|credential|scopes|token)$/;

  /** Names that some server may take for one of ours. */
  const spelling = fc
    .tuple(
      fc.constantFrom(
        "id",
        "subject",
        "issuer",
        "credential",
        "scopes",
        "roles",
        "consumer",
        "plan",
        "token",
        "new",
      ),
      fc.array(fc.constantFrom(..."-_.~!#$%&'*+^`|"), { minLength: 2, maxLength: 2 }),
      fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }),
    )
    .map(([last, [first = "-", second = "-"], cases]) =>
      [...`x${first}identity${second}${last}`]
        .map((character, index) => (cases[index] ? character.toUpperCase() : character))
        .join(""),
    );
  /** What is no name at all by RFC 9110 §5.1: the HTTP layer may refuse it, or lose it. */
  const trick = fc
    .constantFrom(
      "X\u2010Identity\u2010Id",
      "X\u2011Identity-Id",
      "\uff38-Identity-Id",
      "X-\u0130dentity-Id",
      "X-Identit\u00fd-Id",
      "X-Identity-Id ",
      "X-Identity-Id\t",
      " X-Identity-Id",
      "X-Identity-Id\u0000",
      "X-Identity-\u00adId",
      "X Identity Id",
      "X-Identity-Id\u00a0",
      "X-\u017fcope",
    )
    .chain((name) => {
      const latin1 = Buffer.from(name, "latin1");
      // What it cannot write becomes another, harmless name.
      const isWritten = latin1.toString("latin1") === name;
      return fc.constantFrom(Buffer.from(name, "utf8"), ...(isWritten ? [latin1] : []));
    });
  const names = fc.oneof(
    { weight: 3, arbitrary: spelling.map((name) => Buffer.from(name, "latin1")) },
    { weight: 1, arbitrary: trick },
  );

  let token: string;
  beforeAll(async () => {
    token = await issuer.sign({ org: "tea" });
  });
  afterAll(async () => {
    // It has answered to the last.
    expect((await ask(gateway.port, "/_gateway/health")).status).toBe(200);
  });

  /** The head of the answer to these bytes; a WebSocket that was opened is dropped. */
  const headOf = async (bytes: Buffer) => {
    const connection = new RawConnection(gateway.port);
    connection.write(bytes);
    try {
      return await connection.until((received) => received.includes("\r\n\r\n"));
    } finally {
      connection.destroy();
    }
  };
  const upgrade = [
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];

  it.each([...Object.keys(ROADS), "/told/socket", "/told/shared", "/told/open"])(
    "never reaches the origin by %s, in whatever spelling",
    async (road) => {
      const paths = ROADS[road] ?? [road];
      const knows = road !== "/told/open" && road !== "/told/shared";
      let arrived = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(names, { minLength: 1, maxLength: 4 }), async (spoofed) => {
          const lines = [
            // Each answer of its own: a cached one would tell nothing.
            `GET ${road}?${Math.random()} HTTP/1.1`,
            "Host: api.example",
            `Authorization: Bearer ${token}`,
            ...(road === "/told/socket" ? [...upgrade, "Connection: Upgrade"] : ["Connection: close"]),
          ];
          const head = Buffer.concat([
            Buffer.from(`${lines.join("\r\n")}\r\n`),
            ...spoofed.map((name) => Buffer.concat([name, Buffer.from(": root\r\n")])),
            Buffer.from("\r\n"),
          ]);
          const requests = await arrivals(paths, async () => {
            expect([101, 200, 400]).toContain(statusOf(await headOf(head)));
          });
          arrived += requests.length;
          for (const { headers } of requests) {
            const claimed = headers.filter(([name]) => isIdentity(name));
            expect(headers.filter(([, value]) => value === "root")).toEqual([]);
            expect(claimed.filter(([name]) => !OWN.test(name.toLowerCase()))).toEqual([]);
            expect(named(headers, "x-identity-id")).toEqual(knows ? [`${ISSUER}#ada`] : []);
            expect(claimed.length).toBe(new Set(claimed.map(([name]) => name.toLowerCase())).size);
          }
        }),
        { numRuns: 60 },
      );
      expect(arrived).toBeGreaterThan(20);
    },
  );
});
