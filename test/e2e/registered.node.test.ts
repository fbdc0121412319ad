import { beforeAll, describe, expect, it } from "vitest";
import { hashPassword } from "../../src/identity/passwords/derive.ts";
import { formatPasswordHash } from "../../src/identity/passwords/password-hash.ts";
import type { Echo } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse } from "../support/raw-http.ts";
import { bearing, PARTNER, signWithSecret } from "../support/tokens.ts";
import { serve } from "./served.ts";

const PARTNER_SECRET = "a secret that is at least as long as its hash";
const ISOGATE_ADMIN_SECRET = "operators only.7f3a91";
const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);

const variables = async (url: string) => ({
  ORIGIN: url,
  PARTNER_SECRET,
  ISOGATE_ADMIN_SECRET,
  ADA_PASSWORD: formatPasswordHash(
    await hashPassword("correct horse", { algorithm: "SHA-256", iterations: 10_000 }, random),
  ),
});
const served = serve("registered.ts", (origin) => variables(origin.url));

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
/** A token of somebody of an organisation. */
const tokenOf = (org: string | undefined, more: object = {}) =>
  signWithSecret(PARTNER_SECRET, { iss: PARTNER, org, tier: "platinum", roles: ["clerk"], ...more });
const codeOf = (answer: HttpResponse) => [
  answer.status,
  answer.status === 200 ? undefined : answer.json().code,
];
const seen = (answer: HttpResponse) =>
  Object.fromEntries(answer.json<Echo>().headers.map(([name, value]) => [name.toLowerCase(), value]));

/** Calls the admin API as an operator does. @param version of what is changed; none for what is made */
async function admin(method: string, path: string, body: object, version?: number) {
  const answer = await get(`/_gateway/consumers${path}`, {
    method,
    headers: {
      authorization: `Bearer ${ISOGATE_ADMIN_SECRET}`,
      "content-type": "application/json",
      ...(version !== undefined && { "if-match": `"${version}"` }),
    },
    body: JSON.stringify(body),
  });
  expect([answer.status, answer.text]).toEqual([version === undefined ? 201 : 200, expect.anything()]);
}

describe("a token of a registered consumer", () => {
  let token: string;
  const present = (path: string) => get(path, { headers: bearing(token) });
  beforeAll(async () => {
    token = await tokenOf("acme");
    expect(codeOf(await present("/me"))).toEqual([403, "consumer-unknown"]);
    await admin("POST", "", { id: "acme", plan: "gold", roles: ["partner"] });
  });

  it("is let in, and origins are told the registry's plan and roles, not the token's plan", async () => {
    for (const _ of ["first", "remembered"]) {
      const answer = await present("/me");
      expect([answer.status, seen(answer)]).toMatchObject([
        200,
        {
          "x-identity-id": `${PARTNER}#ada`,
          "x-identity-credential": "jwt",
          "x-identity-consumer": "acme",
          "x-identity-plan": "gold",
          "x-identity-roles": "partner clerk",
        },
      ]);
    }
    expect((await get("/gold", { headers: bearing(token) })).status).toBe(200);
    expect((await get("/partners", { headers: bearing(token) })).status).toBe(200);
  });

  it("counts by what was changed of the consumer, from the next request on", async () => {
    await admin("PATCH", "/acme", { plan: "silver", roles: [] }, 1);
    expect(codeOf(await present("/gold"))).toEqual([403, "insufficient-rights"]);
    expect(codeOf(await present("/partners"))).toEqual([403, "insufficient-rights"]);
    expect(seen(await present("/me"))["x-identity-plan"]).toBe("silver");
  });

  it("is refused while the consumer is suspended, and no origin hears of it", async () => {
    await admin("PATCH", "/acme", { suspended: true }, 2);
    const before = await served.origin.count();
    for (const _ of ["first", "remembered"]) {
      const answer = await present("/me");
      expect([codeOf(answer), answer.header("content-type")]).toEqual([
        [403, "consumer-suspended"],
        "application/problem+json",
      ]);
    }
    expect(await served.origin.count()).toBe(before);
    expect(codeOf(await get("/me", { headers: bearing(`${token}x`) }))).toEqual([401, "credential-invalid"]);
    await admin("PATCH", "/acme", { suspended: false }, 3);
    expect((await present("/me")).status).toBe(200);
  });
});

describe("a token that names no registered consumer", () => {
  it("is refused, and the log says whom it names", async () => {
    const stranger = await get("/me", { headers: bearing(await tokenOf("stranger")) });
    const nobody = await get("/me", { headers: bearing(await tokenOf(undefined)) });
    expect([codeOf(stranger), codeOf(nobody)]).toEqual([
      [403, "consumer-unknown"],
      [403, "consumer-unknown"],
    ]);
    const cause = async (answer: HttpResponse) =>
      (await served.gateway.line(answer.header("x-request-id"))).cause;
    expect(await cause(stranger)).toBe("the consumer stranger is not registered");
    expect(await cause(nobody)).toBe("the credential names no consumer");
    expect(stranger.text).not.toContain("stranger");
  });

  it("is let in where nobody must be registered, with what it says itself", async () => {
    const answer = await get("/anybody", { headers: bearing(await tokenOf("stranger")) });
    expect([answer.status, seen(answer)]).toMatchObject([
      200,
      { "x-identity-consumer": "stranger", "x-identity-plan": "platinum" },
    ]);
  });
});

describe("a password of a registered consumer", () => {
  it("is let in once the consumer is registered", async () => {
    const headers = { authorization: `Basic ${btoa("ada:correct horse")}` };
    expect(codeOf(await get("/office", { headers }))).toEqual([403, "consumer-unknown"]);
    await admin("POST", "", { id: "office", plan: "internal" });
    expect(seen(await get("/office", { headers }))).toMatchObject({
      "x-identity-id": "basic:api#ada",
      "x-identity-consumer": "office",
      "x-identity-plan": "internal",
    });
  });
});
