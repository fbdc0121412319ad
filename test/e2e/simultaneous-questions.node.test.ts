import { afterAll, describe, expect, it } from "vitest";
import { type Origin, startOrigin } from "../support/origin.ts";
import type { HttpAnswer } from "../support/origin-protocol.ts";
import { ask, RawConnection } from "../support/raw-http.ts";
import { bearing } from "../support/tokens.ts";
import { serve } from "./served.ts";

let login: Origin;
const served = serve("simultaneous-questions.ts", async (origin) => {
  login = await startOrigin();
  return { ORIGIN: origin.url, LOGIN: login.url, CLIENT_SECRET: "s e:cret" };
});
afterAll(() => login?.stop());

const ACTIVE = JSON.stringify({ active: true, sub: "ada" });
const CASES: ReadonlyArray<readonly [route: string, service: string, yes: HttpAnswer]> = [
  ["/introspected", "/introspect", { headers: [["content-type", "application/json"]], body: ACTIVE }],
  [
    "/verified",
    "/verify",
    {
      headers: [
        ["x-user", "ada"],
        ["set-cookie", "session=2"],
      ],
      body: "",
    },
  ],
];

describe.each(CASES)("requests for %s at the same time", (route, service, yes) => {
  const present = (token: string, path = route) =>
    ask(served.gateway.port, path, { headers: bearing(token) });
  const many = (token: string) => Array.from({ length: 8 }, () => present(token));
  const asked = async () => (await login.requests(service)).length;
  /** Settles when the service has been asked so often. */
  const untilAsked = (times: number) => expect.poll(asked, { timeout: 3_000, interval: 10 }).toBe(times);
  const statuses = async (answers: ReadonlyArray<ReturnType<typeof ask>>) =>
    (await Promise.all(answers)).map(({ status }) => status);

  it("are asked about once, and each has its own answer", async () => {
    await login.answer(service, { ...yes, delay: 200 });
    const before = await asked();
    expect(await statuses(many("one"))).toEqual(Array(8).fill(200));
    expect((await asked()) - before).toBe(1);
    // And no more while it is remembered.
    expect(await statuses(many("one"))).toEqual(Array(8).fill(200));
    expect((await asked()) - before).toBe(1);
  });

  it("are let in though the client whose request asked has gone", async () => {
    await login.answer(service, { ...yes, delay: 500 }, yes);
    const before = await asked();
    const first = new RawConnection(served.gateway.port);
    first.write(`GET ${route} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer gone\r\n\r\n`);
    await untilAsked(before + 1);
    const others = many("gone");
    // They are under way, and wait, before the first goes.
    const last = present("gone");
    first.reset();
    expect(new Set(await statuses([...others, last]))).toEqual(new Set([200]));
    expect((await asked()) - before).toBeLessThanOrEqual(2);
  });

  it("are let in though the request that asked had too little time", async () => {
    await login.answer(service, { ...yes, delay: 1_000 }, yes);
    const before = await asked();
    const hasty = present("hasty", `${route}/hasty`);
    await untilAsked(before + 1);
    const others = many("hasty");
    expect((await hasty).status).toBe(503);
    expect(await statuses(others)).toEqual(Array(8).fill(200));
    expect((await asked()) - before).toBeLessThanOrEqual(2);
  });

  it("all learn that the service is down, of which it is asked twice at most", async () => {
    await login.answer(service, { status: 500, delay: 100 });
    const before = await asked();
    expect(await statuses(many("down"))).toEqual(Array(8).fill(503));
    expect((await asked()) - before).toBeLessThanOrEqual(2);
  });
});

describe("what the service sets for one caller", () => {
  it("is given to the one who asked, and to nobody else", async () => {
    await login.answer("/verify", { ...CASES[1]![2], delay: 200 });
    const all = await Promise.all(
      Array.from({ length: 6 }, () => ask(served.gateway.port, "/verified", { headers: bearing("cookies") })),
    );
    const given = all.map((answer) => [answer.header("set-cookie"), answer.header("cache-control")]);
    expect(given.filter(([cookie]) => cookie !== undefined)).toEqual([["session=2", "no-store"]]);
  });
});
