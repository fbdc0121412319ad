import { describe, expect, it } from "vitest";
import { allow, bearer, guarded, judged } from "./guarded.ts";

const APP = "https://app.example";
const cookie = { cookie: "session=1" };

async function outcome(
  headers: Record<string, string>,
  options: Parameters<typeof guarded>[1] = {},
  method = "POST",
) {
  const { ask, asked, passed } = guarded(() => allow(), options);
  const answer = await ask("/orders/1", { method, headers });
  const { code } = answer.status === 200 ? {} : await answer.json<{ code: string }>();
  return [answer.status, code, asked().length, passed().length];
}

const PASSED = [200, undefined, 1, 1];
const REFUSED = [403, "cross-site-request", 0, 0];

describe("a service that goes by cookies", () => {
  it("is not even asked about what another site's page may have sent", async () => {
    for (const elsewhere of [
      { origin: APP },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      {},
    ] as Array<Record<string, string>>)
      expect(await outcome({ ...cookie, ...elsewhere })).toEqual(REFUSED);
    // Whatever else is sent beside it: the gateway cannot know by which the service goes.
    expect(await outcome({ ...cookie, ...bearer.headers, origin: APP })).toEqual(REFUSED);
  });

  it("is asked about the gateway's own pages, and about what changes nothing", async () => {
    expect(await outcome({ ...cookie, "sec-fetch-site": "same-origin" })).toEqual(PASSED);
    expect(await outcome({ ...cookie, origin: "https://api.example" })).toEqual(PASSED);
    expect(await outcome({ ...cookie, origin: APP }, {}, "GET")).toEqual(PASSED);
  });

  it("is asked about requests without any cookie, whoever sent them", async () => {
    expect(await outcome({ ...bearer.headers, origin: APP })).toEqual(PASSED);
    expect(await outcome(bearer.headers)).toEqual(PASSED);
  });

  it("is asked about pages of trusted web origins too", async () => {
    const trusting = { trustedOrigins: [APP] };
    expect(await outcome({ ...cookie, origin: APP, "sec-fetch-site": "cross-site" }, trusting)).toEqual(
      PASSED,
    );
    expect(await outcome({ ...cookie, origin: "https://evil.example" }, trusting)).toEqual(REFUSED);
  });
});

describe("a service that is given no cookie", () => {
  const options = { forwardHeaders: ["authorization"] };

  it("is asked about everything", async () => {
    expect(await outcome({ ...cookie, ...bearer.headers, origin: APP }, options)).toEqual(PASSED);
  });

  it("has no web origins to trust", () => {
    expect(judged({ ...options, trustedOrigins: [APP] })).toEqual([
      expect.stringContaining("needs cookie in forwardHeaders"),
    ]);
    expect(judged({ trustedOrigins: [APP] })).toEqual([]);
    expect(judged({ trustedOrigins: [`${APP}/`] })).toEqual([expect.stringContaining("is no web origin")]);
  });
});
