import { describe, expect, it } from "vitest";
import { compose } from "../../../src/actions/compose/declare.ts";
import { accounts, composed, orders, refusalOf } from "./fake-origins.ts";

const user = { upstream: accounts, path: "/users/7" } as const;
const list = { upstream: orders, path: "/orders" } as const;

describe("compose", () => {
  it("merges two answers into one JSON answer", async () => {
    const gateway = composed(
      compose({ user, orders: list }, { merge: (parts) => ({ ...parts.user, orders: parts.orders }) }),
    );
    const { answer, record } = gateway.run();
    (await gateway.accounts.next()).json({ id: 7, name: "Ada" });
    (await gateway.orders.next()).json([{ id: 1 }]);
    const response = await answer;
    expect(response.status).toBe(200);
    expect([...response.headers]).toEqual([["content-type", "application/json"]]);
    expect(await response.json()).toEqual({ id: 7, name: "Ada", orders: [{ id: 1 }] });
    expect(record.notes).toBeUndefined();
  });

  it("copies no header of an origin's answer", async () => {
    const gateway = composed(compose({ user }));
    const { answer } = gateway.run();
    const headers = { "set-cookie": "a=1", etag: '"1"', "x-secret": "1", "cache-control": "max-age=60" };
    (await gateway.accounts.next()).json({}, { headers });
    expect([...(await answer).headers.keys()]).toEqual(["content-type"]);
  });

  it("lets a part's no-store, no-cache and private hold for the whole", async () => {
    const gateway = composed(compose({ user, orders: list }));
    const { answer } = gateway.run();
    (await gateway.accounts.next()).json({}, { headers: { "cache-control": "Private, max-age=60" } });
    (await gateway.orders.next()).json(
      {},
      { headers: { "cache-control": 'no-cache="x", x-no-store, no-stores=1' } },
    );
    expect((await answer).headers.get("cache-control")).toBe("private, no-cache");
  });

  it("awaits an async merge", async () => {
    const gateway = composed(compose({ user }, { merge: async (parts) => [parts.user.id] }));
    const { answer } = gateway.run();
    (await gateway.accounts.next()).json({ id: 7 });
    expect(await (await answer).json()).toEqual([7]);
  });

  it("treats what merge throws, and no result at all, as bugs", async () => {
    for (const merge of [
      () => undefined,
      () => {
        throw new Error("oops");
      },
    ]) {
      const gateway = composed(compose({ user }, { merge }));
      const { answer } = gateway.run();
      (await gateway.accounts.next()).json({});
      await expect(answer).rejects.not.toHaveProperty("refusal");
    }
  });

  it("sends a step's own headers and the gateway's, and nothing of the caller's", async () => {
    const gateway = composed(compose({ user: { ...user, headers: { "x-tenant": "{params.tenant}" } } }));
    gateway.run({ params: { tenant: "acme" }, headers: { cookie: "a=1", "x-own": "1", range: "bytes=0-1" } });
    const { headers, method, body } = (await gateway.accounts.next()).request;
    expect(method).toBe("GET");
    expect(body).toBeNull();
    expect(headers.get("x-tenant")).toBe("acme");
    expect(headers.get("accept")).toBe("application/json");
    expect(headers.get("x-request-id")).toBe("request-1");
    expect(headers.get("traceparent")).toBe(`00-${"1".repeat(32)}-${"2".repeat(16)}-01`);
    for (const name of ["cookie", "x-own", "range", "content-type"]) expect(headers.has(name)).toBe(false);
  });
});

describe("a route step", () => {
  it("is dispatched with the caller's credential and nothing else of theirs", async () => {
    const sent: Request[] = [];
    const gateway = composed(
      compose({ user: { route: "/v1/users/{params.id}?full=1", query: { lang: "{query.lang}" } } }),
    );
    const { answer } = gateway.run({
      params: { id: "a b" },
      search: "?lang=de",
      headers: { authorization: "Bearer t", cookie: "a=1" },
      dispatch: (request) => {
        sent.push(request);
        return Promise.resolve(Response.json({ id: 7 }));
      },
    });
    expect(await (await answer).json()).toEqual({ id: 7 });
    const [request] = sent;
    expect(request!.url).toBe("https://api.example/v1/users/a%20b?full=1&lang=de");
    expect(request!.method).toBe("GET");
    expect([...request!.headers]).toEqual([
      ["accept", "application/json"],
      ["authorization", "Bearer t"],
    ]);
  });

  it("sends its body, and fails as any other part does", async () => {
    const bodies: unknown[] = [];
    const gateway = composed(compose({ user: { route: "/v1/search", body: { q: "{query.q}" } } }));
    const { answer } = gateway.run({
      search: "?q=x",
      dispatch: async (request) => {
        bodies.push([request.method, await request.json()]);
        return Response.json({ title: "no" }, { status: 403 });
      },
    });
    expect(await refusalOf(answer)).toEqual({ code: "upstream-invalid", part: "user", partStatus: 403 });
    expect(bodies).toEqual([["POST", { q: "x" }]]);
  });
});
