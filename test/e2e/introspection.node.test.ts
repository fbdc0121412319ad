import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Echo, type Origin, startOrigin } from "../support/origin.ts";
import { ask, type HttpResponse } from "../support/raw-http.ts";
import { bearing } from "../support/tokens.ts";
import { serve } from "./served.ts";

let login: Origin;
const served = serve("introspection.ts", async (origin) => {
  login = await startOrigin();
  return { ORIGIN: origin.url, LOGIN: login.url, CLIENT_ID: "gateway", CLIENT_SECRET: "s e:cret" };
});

beforeAll(() => answer(ACTIVE()));
afterAll(() => login?.stop());

const ACTIVE = () => ({
  active: true,
  iss: "https://login.example",
  aud: ["https://api.example"],
  sub: "ada",
  scope: "profile",
  exp: Math.floor(Date.now() / 1_000) + 600,
});
const answer = (body: object, more: object = {}) =>
  login.answer("/introspect", {
    headers: [["content-type", "application/json"]],
    body: JSON.stringify(body),
    ...more,
  });
const present = (token: string, path = "/me") => ask(served.gateway.port, path, { headers: bearing(token) });
const questions = () => login.requests("/introspect");
const seen = (response: HttpResponse) =>
  Object.fromEntries(response.json<Echo>().headers.map(([name, value]) => [name.toLowerCase(), value]));

describe("an opaque token", () => {
  it("is asked about once for all that present it at the same time, and lets them in", async () => {
    await answer(ACTIVE());
    const before = (await questions()).length;
    const answers = await Promise.all(Array.from({ length: 10 }, () => present("token-1")));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(seen(answers[0]!)).toMatchObject({ "x-identity-id": "https://login.example#ada" });
    expect(seen(answers[0]!).authorization).toBeUndefined();
    const asked = (await questions()).slice(before);
    expect(asked).toHaveLength(1);
    const fields = Object.fromEntries(asked[0]!.headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(fields.authorization).toBe(`Basic ${btoa("gateway:s+e%3Acret")}`);
    expect(served.gateway.output()).not.toContain("token-1");
  });

  it("is refused soon after it was taken back, and one that grants too little is 403", async () => {
    await answer(ACTIVE());
    expect((await present("token-2")).status).toBe(200);
    expect((await present("token-2", "/orders")).status).toBe(403);
    await answer({ active: false });
    await expect
      .poll(async () => (await present("token-2")).status, { timeout: 3_000, interval: 100 })
      .toBe(401);
    const refused = await present("token-2");
    expect(refused.header("www-authenticate")).toContain('error="invalid_token"');
    const before = (await questions()).length;
    for (let time = 0; time < 5; time++) await present("token-2");
    expect((await questions()).length).toBe(before);
  });

  it("lets nobody in while its server fails, and does as soon as it is well", async () => {
    await answer({}, { status: 500 });
    const refused = await present("token-3");
    expect([refused.status, refused.json().code]).toEqual([503, "verification-unavailable"]);
    expect(await served.gateway.line(refused.header("x-request-id"))).toMatchObject({
      fault: "upstream",
      cause: expect.stringContaining("introspection at login /introspect"),
    });
    await answer(ACTIVE());
    expect((await present("token-3")).status).toBe(200);
  });

  it("is waited for no longer than the deadline", async () => {
    await answer(ACTIVE(), { delay: 60_000 });
    const started = performance.now();
    expect((await present("token-4", "/hasty")).status).toBe(503);
    expect(performance.now() - started).toBeLessThan(1_500);
    await answer(ACTIVE());
  });
});
