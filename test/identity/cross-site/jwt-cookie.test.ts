import { beforeAll, describe, expect, it } from "vitest";
import { Refusal } from "../../../src/errors/refusal.ts";
import { type JwtOptions, options } from "../../../src/identity/credentials/jwt.ts";
import { context, GOOD, inlineIssuer, jwtCredential, type TestKey, testKey } from "../support.ts";

const OWN = "https://gateway.example";
const APP = "https://app.example";

let key: TestKey;
let token: string;

beforeAll(async () => {
  key = await testKey("ES256");
  token = await key.sign(GOOD);
});

/** What becomes of a request with this token in its cookie. */
async function asked(
  method: string,
  headers: Record<string, string> = {},
  { presented = token, ...more }: Partial<JwtOptions> & { presented?: string } = {},
): Promise<string | undefined> {
  const credential = jwtCredential({ issuers: inlineIssuer([key]), from: { cookie: "session" }, ...more });
  const cookie: Record<string, string> = presented === "" ? {} : { cookie: `a=1; session=${presented}` };
  const verdict = await credential.verify(context({ method, headers: { ...cookie, ...headers } }));
  return verdict instanceof Refusal ? verdict.code : verdict?.subject;
}

describe("a token that came in a cookie", () => {
  it.each(["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])(
    "lets %s in from a page of the gateway's own only",
    async (method) => {
      expect(await asked(method, { "sec-fetch-site": "same-origin" })).toBe("user-1");
      expect(await asked(method, { "sec-fetch-site": "none" })).toBe("user-1");
      expect(await asked(method, { origin: OWN })).toBe("user-1");
      expect(await asked(method, { origin: OWN, "sec-fetch-site": "same-origin" })).toBe("user-1");
      for (const elsewhere of [
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "cross-site", origin: APP },
        { "sec-fetch-site": "rubbish" },
        { origin: "null" },
        { origin: "https://gateway.example.evil.example" },
        { origin: "http://gateway.example" },
        {},
      ] as Array<Record<string, string>>)
        expect(await asked(method, elsewhere)).toBe("cross-site-request");
    },
  );

  it.each(["GET", "HEAD", "OPTIONS"])("lets %s in from everywhere: it changes nothing", async (method) => {
    expect(await asked(method, { "sec-fetch-site": "cross-site", origin: APP })).toBe("user-1");
    expect(await asked(method)).toBe("user-1");
  });

  it("does not let another site's page open a WebSocket", async () => {
    const upgrade = { upgrade: "websocket", connection: "Upgrade" };
    expect(await asked("GET", { ...upgrade, origin: APP })).toBe("cross-site-request");
    expect(await asked("GET", { ...upgrade, origin: OWN })).toBe("user-1");
  });

  it("lets pages of trusted web origins in too, and of no others", async () => {
    const trusting = { trustedOrigins: [APP] };
    expect(await asked("POST", { origin: APP, "sec-fetch-site": "cross-site" }, trusting)).toBe("user-1");
    expect(await asked("POST", { origin: `${APP}:8443` }, trusting)).toBe("cross-site-request");
    expect(await asked("POST", {}, trusting)).toBe("cross-site-request");
  });

  it("is not even verified, so that nothing is learnt of it", async () => {
    expect(await asked("POST", { origin: APP }, { presented: "rubbish" })).toBe("cross-site-request");
    expect(await asked("POST", { origin: OWN }, { presented: "rubbish" })).toBe("credential-invalid");
  });

  it("is known at once for all that, and its requests are judged each for itself", async () => {
    const credential = jwtCredential({ issuers: inlineIssuer([key]), from: { cookie: "session" } });
    const with_ = (method: string, origin: string) =>
      context({ method, headers: { cookie: `session=${token}`, origin } });
    const first = await credential.verify(with_("POST", OWN));
    expect(credential.verify(with_("POST", OWN))).toBe(first);
    expect(credential.verify(with_("POST", APP))).toBeInstanceOf(Refusal);
  });
});

describe("a token that came otherwise", () => {
  const both = { from: { header: "authorization", cookie: "session" } };

  it("needs none of this, on the same declaration", async () => {
    const bearer = { authorization: `Bearer ${token}`, origin: APP, "sec-fetch-site": "cross-site" };
    expect(await asked("POST", bearer, { ...both, presented: "" })).toBe("user-1");
    expect(await asked("POST", { authorization: `Bearer ${token}` }, { ...both, presented: "" })).toBe(
      "user-1",
    );
    expect(
      await asked(
        "POST",
        { authorization: `Bearer ${token}`, cookie: "session=; a=1" },
        { ...both, presented: "" },
      ),
    ).toBe("user-1");
    expect(await asked("POST", { cookie: `other=${token}`, origin: APP }, { presented: "" })).toBeUndefined();
  });

  it("does not excuse a cookie beside it", async () => {
    const headers = { authorization: "Basic YTpi", origin: APP };
    expect(await asked("POST", headers, both)).toBe("cross-site-request");
  });
});

describe("trusted origins", () => {
  const faults = (more: object) =>
    (options().safeParse({ issuers: inlineIssuer([key]), ...more }).error?.issues ?? []).map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );

  it("are web origins as browsers write them, and mean something only beside a cookie", () => {
    const from = { cookie: "session" };
    expect(faults({ from, trustedOrigins: [APP, "http://localhost:8080"] })).toEqual([]);
    for (const wrong of [
      `${APP}/`,
      "https://APP.example",
      "*",
      "https://*.example",
      "app.example",
      `${APP}:443`,
    ])
      expect(faults({ from, trustedOrigins: [wrong] })).toEqual([
        expect.stringMatching(/^trustedOrigins\.0: is no web origin/),
      ]);
    expect(faults({ trustedOrigins: [APP] })).toEqual([
      "trustedOrigins: needs a cookie in from: nothing else is sent by whatever page asks for it",
    ]);
  });
});
