import { beforeAll, describe, expect, it } from "vitest";
import type { Traced, TracedPut } from "../../../src/explain/traced.ts";
import { serve } from "../../e2e/served.ts";
import { PARTNER, signWithSecret } from "../../support/tokens.ts";
import { argsOf, explain, liveArgs, oneLine, type Request } from "./explained.ts";

/** Part of everything that nobody is to be shown, whatever it is encoded for; with characters that encodings change. */
const hidden = (name: string) => `hidden-${name}-+/="a b"&%7e-${"0123456789abcdef".repeat(2)}`;

const secrets = {
  PARTNER_SECRET: hidden("partner"),
  ADA_HASH: `$pbkdf2-sha256$i=100000$${Buffer.from("hidden-salt-hidden").toString("base64")}$x`,
  WEBHOOK_SECRET: hidden("webhook"),
  CLIENT_SECRET: hidden("client"),
  SESSION_SECRET: hidden("session"),
  API_KEY: hidden("api"),
  AWS_SECRET: hidden("aws"),
  AWS_SESSION: hidden("aws-session"),
  HMAC_SECRET: hidden("hmac"),
  ISOGATE_ADMIN_SECRET: "hidden-admin-0123456789",
};
const ISSUED = "hidden-issued.token-0123456789";

const served = serve("explained.ts", ({ url }) => ({ ...secrets, ORIGIN: url }));

let token: string;
beforeAll(async () => {
  token = await signWithSecret(secrets.PARTNER_SECRET, {
    iss: PARTNER,
    scope: "read",
    jti: "token-7",
    // Where time stands still, and where it does not.
    iat: 1_700_000_000,
    exp: 4_000_000_000,
  });
  const issued = { access_token: ISSUED, token_type: "Bearer", expires_in: 600 };
  const exchanged = { ...issued, issued_token_type: "urn:ietf:params:oauth:token-type:access_token" };
  const json = [["content-type", "application/json"]] as const;
  await served.origin.answer("/token", { headers: json, body: JSON.stringify(exchanged) });
  const active = { active: true, sub: "ada", iss: PARTNER };
  await served.origin.answer("/introspect", { headers: json, body: JSON.stringify(active) });
  await served.origin.answer("/verify", { status: 204, headers: [["x-auth-user", "ada"]] });
});

/** What nobody is shown, as base64 too: three ways to cut it into groups of three. */
function expectNothing(text: string) {
  expect(text).not.toMatch(/hidden/i);
  for (const part of token.split(".")) expect(text).not.toContain(part);
  for (const padding of ["", "x", "xx"]) {
    const encoded = Buffer.from(`${padding}hidden-`).toString("base64").slice(4, 8);
    expect(text).not.toContain(encoded);
  }
}

/** Every place that any of the manifest's credentials may be in. */
const everywhere = (path: string, method = "GET"): Request => {
  const value = hidden("caller");
  const parameter = encodeURIComponent(value);
  return [
    method,
    `${path}?k=${parameter}&K=${parameter}&q_token=${parameter}&appid=${parameter}&page=2`,
    `X-Shop: ${value}`,
    `X_Shop: ${value}`,
    `X-T-Token: ${value}`,
    `Cookie: t_token=${value.replaceAll(/[" &%+]/g, "")}; __Host-session=${value.replaceAll(/[" &%+]/g, "")}`,
    `X-Acme-Proof: ${value}`,
    `X-Device: ${value}`,
    `X-Vendor: ${value}`,
    `X-Proof: ${value}`,
    `X-Identity-Token: ${value}`,
    `DPoP: ${value}`,
    `Signature: sig=:${Buffer.from(value).toString("base64")}:`,
    `X-Seen: what was sent is ${value}, or ${parameter}`,
  ];
};

const authorizations = () => [
  `Authorization: Bearer ${token}`,
  `Authorization: Bearer shop_live_${hidden("bearer").replaceAll(/[^\w]/g, "")}`,
  `Authorization: Basic ${Buffer.from(`ada:${hidden("password")}`).toString("base64")}`,
  `Authorization: HMAC key="acme", timestamp="1", signature="${Buffer.from(hidden("mac")).toString("base64")}"`,
];

const INBOUND = [
  ...["key", "token", "placed", "basic", "hmac", "signature", "webhook", "asked", "introspected"],
  ...["certified", "session", "several", "when"],
];
const OUTBOUND: Readonly<Record<string, readonly TracedPut[] | undefined>> = {
  plain: undefined,
  keyed: [{ by: "apiKey", header: "x-vendor" }],
  queried: [{ by: "apiKey", query: "appid" }],
  basic: [{ by: "basic", header: "authorization" }],
  bearer: [{ by: "bearer", header: "authorization" }],
  client: [{ by: "clientCredentials", header: "authorization" }],
  aws: ["authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"].map((header) => ({
    by: "awsSignature",
    header,
  })),
  signed: ["x-proof", "x-at"].map((header) => ({ by: "hmac", header })),
  told: [{ by: "identityToken", header: "x-identity-token" }],
  open: undefined,
  exchanged: [{ by: "tokenExchange", header: "authorization" }],
};

const live = () => liveArgs(served);
const MODES = { offline: () => [] as string[], live };
type Mode = keyof typeof MODES;
const modes = Object.keys(MODES) as Mode[];
const LOGIN = "hidden0session".repeat(3);

/** Requests by name; of each the text and the data that are said to it. */
const requests = (): Readonly<Record<string, readonly Request[]>> => ({
  ...Object.fromEntries(
    INBOUND.map((kind) => {
      const all = everywhere(`/in/${kind}`, kind === "webhook" ? "POST" : "GET");
      return [`in ${kind}`, authorizations().map((authorization): Request => [...all, authorization])];
    }),
  ),
  ...Object.fromEntries(
    Object.keys(OUTBOUND).map((kind) => [
      `out ${kind}`,
      [[...everywhere(`/out/${kind}`), `Authorization: Bearer ${token}`] satisfies Request],
    ]),
  ),
  login: [`/auth/callback?code=hidden-code&state=${LOGIN}`, "/in/session"].map((path) => [
    "GET",
    path,
    `Cookie: __Host-auth~session=${LOGIN}; __Host-auth~login=${LOGIN}`,
  ]),
});

const said = {} as Record<Mode, ReadonlyMap<string, readonly string[]>>;
let askedOffline = 0;
beforeAll(async () => {
  const all = Object.entries(requests());
  for (const mode of modes) {
    const commands = all.flatMap(([, list]) =>
      list.flatMap((request) => [
        [...argsOf(request), ...MODES[mode]()],
        [...argsOf(request), "--json", ...MODES[mode]()],
      ]),
    );
    const texts = await explain(served, secrets, commands);
    said[mode] = new Map(all.map(([name, list]) => [name, texts.splice(0, 2 * list.length)]));
    if (mode === "offline") askedOffline = await served.origin.count();
  }
}, 60_000);

describe.each(modes)("an explanation %s", (mode) => {
  it.each(INBOUND)("has nothing of what a caller presents, under whatever name: %s", (kind) => {
    const texts = said[mode].get(`in ${kind}`)!;
    expect(texts).toHaveLength(8);
    for (const text of texts) {
      expect(oneLine(text)).toMatch(
        /k=\(redacted\)&K=\(redacted\)&q_token=\(redacted\)&appid=\(redacted\)&page=2/,
      );
      expect(oneLine(text)).toContain("what was sent is (redacted), or (redacted)");
      expectNothing(text);
    }
  });

  it.each(Object.keys(OUTBOUND))("names what the gateway puts on, and shows none of it: %s", (kind) => {
    const [text = "", json = ""] = said[mode].get(`out ${kind}`)!;
    expectNothing(text);
    expectNothing(json);
    const { calls } = JSON.parse(json) as Traced;
    const call = calls.find(({ url }) => url.includes(`/out/${kind}`));
    const puts = OUTBOUND[kind];
    expect(call?.puts).toEqual(puts);
    const names = new Set(call!.headers.map(([name]) => name));
    for (const { by, header, query } of puts ?? []) {
      const line = header === undefined ? `?${query}=(redacted)` : `${header}: (redacted)`;
      expect(text).toContain(`${line}  put on by ${by}`);
      // The caller's own of that name is not what the origin was given.
      expect([header, names.has(String(header))]).toEqual([header, false]);
    }
  });

  it("says of a login no more than of any other request", () => {
    for (const text of said[mode].get("login")!) expectNothing(text);
  });
});

describe("what an explanation says that is put on", () => {
  it.each(Object.entries(OUTBOUND))("is what the origin is given: %s", async (kind, puts = []) => {
    expect(askedOffline).toBe(0);
    const got = await served.origin.requests(`/out/${kind}`);
    expect(got).toHaveLength(2);
    for (const { headers, url } of got) {
      const fields = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
      for (const { header, query } of puts) {
        if (header === undefined) {
          expect(new URL(url, "http://x").searchParams.getAll(query!)).toEqual([secrets.API_KEY]);
        } else {
          expect([header, fields.has(header), fields.get(header) === hidden("caller")]).toEqual([
            header,
            true,
            false,
          ]);
        }
      }
    }
  });
});
