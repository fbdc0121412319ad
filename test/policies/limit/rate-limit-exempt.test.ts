import { describe, expect, it } from "vitest";
import type { Identity } from "../../../src/identity/identity.ts";
import type { Route } from "../../../src/manifest/define.ts";
import { check, options, type RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import { ADA, asAda, gatewayOf } from "../../support/in-process.ts";
import { facts } from "./limited.ts";

const NAME = "once";
const once: RateLimitOptions = { name: NAME, limit: 1, window: "1h", by: ["route"] };

function gateway(exempt: RateLimitOptions["exempt"], more: Partial<Route> = {}, identity?: Identity) {
  const rateLimit = { ...once, exempt: exempt! };
  return gatewayOf(
    { "GET /a/:org": { access: "public", rateLimit, respond: { status: 204 }, ...more } as Route },
    { ...(identity && { identity }) },
  );
}

/** The statuses of three requests. */
async function statuses({ ask }: ReturnType<typeof gatewayOf>, path: string, init?: RequestInit) {
  const answers = [await ask(path, init), await ask(path, init), await ask(path, init)];
  return answers.map(({ status }) => status);
}

const from = (address: string) => ({ headers: { "cf-connecting-ip": address } });
const COUNTED = [204, 429, 429];
const EXEMPT = [204, 204, 204];

describe("who is exempt from a limit", () => {
  it.each([
    ["192.0.2.7", EXEMPT],
    ["::ffff:192.0.2.7", EXEMPT],
    ["192.0.3.7", COUNTED],
    ["2001:db8:1::9", EXEMPT],
    ["2001:db9::9", COUNTED],
  ])("by network: %s", async (address, expected) => {
    const networks = ["192.0.2.0/24", "2001:db8::/32"];
    expect(await statuses(gateway({ networks }), "/a/tea", from(address))).toEqual(expected);
  });

  it.each([
    ['request.params.org == "tea"', "/a/tea", EXEMPT],
    ['request.params.org == "tea"', "/a/coffee", COUNTED],
    ['request.query.probe == "yes"', "/a/tea?probe=yes", EXEMPT],
    // What says two things at once cannot be judged.
    ['request.query.probe == "yes"', "/a/tea?probe=yes&probe=no", COUNTED],
  ])("by expression: %s of %s", async (when, path, expected) => {
    expect(await statuses(gateway({ when }), path)).toEqual(expected);
  });

  it("by who calls, once that is known", async () => {
    const monitor = { ...ADA, roles: ["monitor"] };
    const exempt = { when: '"monitor" in identity.roles' };
    expect(await statuses(gateway(exempt, { access: asAda }, monitor), "/a/tea")).toEqual(EXEMPT);
    expect(await statuses(gateway(exempt, { access: asAda }), "/a/tea")).toEqual(COUNTED);
  });

  it("by network or by expression, either of them", async () => {
    const exempt = { networks: ["192.0.2.0/24"], when: 'request.params.org == "tea"' };
    expect(await statuses(gateway(exempt), "/a/coffee", from("192.0.2.1"))).toEqual(EXEMPT);
    expect(await statuses(gateway(exempt), "/a/tea", from("203.0.113.1"))).toEqual(EXEMPT);
    expect(await statuses(gateway(exempt), "/a/coffee", from("203.0.113.1"))).toEqual(COUNTED);
  });

  it("shows in no field of that limit, and in the log", async () => {
    const hour = { name: "hour", limit: 9, window: "1h" };
    const rateLimit = [{ ...once, exempt: { networks: ["192.0.2.0/24"] } }, hour];
    const { ask, lines } = gateway(undefined, { rateLimit });
    const { headers } = await ask("/a/tea", from("192.0.2.1"));
    expect(headers.get("ratelimit-policy")).toBe('"hour";q=9;w=3600');
    expect(lines[0]).toMatchObject({ notes: ["exempt from the limit once"] });
    const counted = await ask("/a/tea", from("203.0.113.1"));
    expect(counted.headers.get("ratelimit-policy")).toBe('"once";q=1;w=3600, "hour";q=9;w=3600');
    expect(lines[1]?.notes).toBeUndefined();
  });

  it("leaves the counter to others, who have all of it", async () => {
    const one = gateway({ networks: ["192.0.2.0/24"] });
    expect(await statuses(one, "/a/tea", from("192.0.2.1"))).toEqual(EXEMPT);
    expect(await statuses(one, "/a/tea", from("203.0.113.1"))).toEqual(COUNTED);
  });

  it("is said of what could not be judged", async () => {
    const { ask, lines } = gateway({ when: 'request.query.probe == "yes"' });
    await ask("/a/tea?probe=yes&probe=no");
    expect(lines[0]?.notes).toEqual([
      'exempt of the limit once cannot be judged: the query parameter "probe" is there more than once',
    ]);
  });
});

describe("exempt as written", () => {
  it.each<[object, string]>([
    [{ exempt: {} }, "exempt: names neither `networks` nor `when`: nobody is exempt"],
    [{ exempt: { networks: [] } }, "exempt.networks: Too small: expected array to have >=1 items"],
    [
      { exempt: { networks: ["192.0.2.1/24"] } },
      'exempt.networks.0: must be a network such as "192.0.2.0/24" or "2001:db8::/32"',
    ],
    [{ exempt: { when: "identity.rolls" } }, "exempt.when: there is no"],
    [
      { exempt: { networks: ["192.0.2.1"] }, count: "origin" },
      "exempt: what the origin bears does not depend on who asks",
    ],
    [
      { exempt: { when: 'identity.plan == "gold"' }, on: "authFailure" },
      "exempt.when: who fails to authenticate is nobody yet",
    ],
  ])("%j is refused", (more, message) => {
    const { error } = options().safeParse({ ...once, ...more });
    const said = error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("\n");
    expect(said).toContain(message);
  });

  it("names nothing that the route does not have", () => {
    const found = (when: string, authenticates: boolean) =>
      check(options().parse({ ...once, exempt: { when } }), facts({ authenticates }));
    expect(found('identity.plan == "gold"', true)).toEqual([]);
    expect(found('identity.plan == "gold"', false)).toMatchObject([
      { path: ["exempt", "when"], reason: "identity.plan: nobody is identified on a public route" },
    ]);
    expect(found('request.params.org == "tea"', true)).toMatchObject([
      { path: ["exempt", "when"], reason: "request.params.org: the path has no such parameter" },
    ]);
  });
});
