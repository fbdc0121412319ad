import { describe, expect, it } from "vitest";
import type { Sent } from "../../support/in-process.ts";
import { ALLOWED, allow, bearer, guarded } from "./guarded.ts";

/** A service that answers when the test says so. */
function patient(options: Parameters<typeof guarded>[1] = {}) {
  const waiting: Array<(answer: Response) => void> = [];
  const service = (_: Sent) => new Promise<Response>((resolve) => waiting.push(resolve));
  const gateway = guarded(service, { cache: { ttl: "30s" }, ...options });
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { ...gateway, waiting, settled };
}

const statuses = async (answers: ReadonlyArray<Promise<Response>>) =>
  (await Promise.all(answers)).map(({ status }) => status);

describe("requests that come at the same time", () => {
  it("are asked about once where permissions are kept, and every one goes to the origin", async () => {
    const { begin, waiting, settled, asked, passed } = patient();
    const answers = Array.from({ length: 30 }, () => begin("/orders/1", bearer));
    await settled();
    expect(asked()).toHaveLength(1);
    waiting[0]!(allow());
    expect(new Set(await statuses(answers))).toEqual(new Set([200]));
    expect([asked().length, passed().length]).toEqual([1, 30]);
  });

  it("are told of a refusal together, and none is remembered", async () => {
    const { begin, waiting, settled, asked } = patient();
    const answers = Array.from({ length: 5 }, () => begin("/orders/1", bearer));
    await settled();
    waiting[0]!(new Response(null, { status: 403 }));
    expect(new Set(await statuses(answers))).toEqual(new Set([403]));
    const later = begin("/orders/1", bearer);
    await settled();
    waiting[1]!(allow());
    expect([(await later).status, asked().length]).toEqual([200, 2]);
  });

  it("are each asked about where the service is told anything else of them", async () => {
    const { begin, waiting, settled, asked } = patient();
    const answers = [
      begin("/orders/1", bearer),
      begin("/orders/2", bearer),
      begin("/orders/1", { headers: { authorization: "Bearer other" } }),
    ];
    await settled();
    expect(asked()).toHaveLength(3);
    for (const answer of waiting) answer(allow());
    await Promise.all(answers);
  });

  it("are each asked about where nothing is kept", async () => {
    const { begin, asked, settled } = guarded(() => allow());
    await Promise.all([begin("/orders/1", bearer), begin("/orders/1", bearer)]);
    await settled();
    expect(asked()).toHaveLength(2);
  });

  it("share no cookie: only who asked is given what the service set", async () => {
    const { begin, waiting, settled } = patient({ toClient: ["set-cookie"] });
    const answers = [begin("/orders/1", bearer), begin("/orders/1", bearer)];
    await settled();
    waiting[0]!(new Response(null, { headers: { ...ALLOWED, "set-cookie": "session=2" } }));
    const cookies = (await Promise.all(answers)).map(({ headers }) => headers.getSetCookie());
    expect(cookies).toEqual([["session=2"], []]);
  });

  it("are each sent to log in with a state of their own", async () => {
    const { begin, waiting, settled, asked } = patient({ redirects: "relay" });
    const answers = [begin("/orders/1"), begin("/orders/1"), begin("/orders/1")];
    await settled();
    const login = (state: number) =>
      new Response(null, {
        status: 302,
        headers: { location: `/login?${state}`, "set-cookie": `state=${state}` },
      });
    waiting[0]!(login(0));
    await settled();
    await settled();
    for (const [index, answer] of waiting.entries()) answer(login(index));
    const seen = (await Promise.all(answers)).map(({ headers }) => [
      headers.get("location"),
      ...headers.getSetCookie(),
    ]);
    expect(new Set(seen.map(String)).size).toBe(3);
    for (const [location, cookie] of seen) expect(location?.slice(-1)).toBe(cookie?.slice(-1));
    expect(asked()).toHaveLength(3);
  });

  it("are asked about once more where the service failed the first", async () => {
    const { begin, waiting, settled, asked } = patient();
    const answers = Array.from({ length: 10 }, () => begin("/orders/1", bearer));
    await settled();
    waiting[0]!(new Response(null, { status: 500 }));
    await settled();
    await settled();
    expect(asked()).toHaveLength(2);
    waiting[1]!(allow());
    expect((await statuses(answers)).toSorted((a, b) => a - b)).toEqual([...Array(9).fill(200), 503]);
  });
});
