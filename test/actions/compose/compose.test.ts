import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { compose } from "../../../src/actions/compose/declare.ts";
import { accounts, composed, DEADLINE, orders, refusalOf, settled, stock } from "./fake-origins.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

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
    (await gateway.orders.next()).json({}, { headers: { "cache-control": 'no-cache="x", x-private-no=1' } });
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

describe("order of execution", () => {
  it("starts every independent step before any has answered", async () => {
    const gateway = composed(compose({ user, orders: list, stock: { upstream: stock, path: "/stock" } }));
    const { answer } = gateway.run();
    const calls = [gateway.accounts, gateway.orders, gateway.stock].map(({ calls: [call] }) => call!);
    for (const call of calls) call.json({ [call.url]: true });
    expect(await (await answer).json()).toEqual({ "/users/7": true, "/orders": true, "/stock": true });
  });

  it("starts a step as soon as what it needs is there, whatever else is pending", async () => {
    const gateway = composed(
      compose({
        user,
        orders: list,
        stock: { upstream: stock, path: "/stock/{user.id}" },
      }),
    );
    const { answer } = gateway.run();
    expect(gateway.stock.calls).toHaveLength(0);
    gateway.accounts.calls[0]!.json({ id: 7 });
    const third = await gateway.stock.next();
    expect(third.url).toBe("/stock/7");
    third.json({ stock: 1 });
    await settled();
    gateway.orders.calls[0]!.json({ orders: 2 });
    expect(await (await answer).json()).toEqual({ id: 7, orders: 2, stock: 1 });
  });

  it("waits for all that a step needs", async () => {
    const gateway = composed(
      compose({ user, orders: list, stock: { upstream: stock, path: "/{user.id}/{orders.id}" } }),
    );
    gateway.run();
    gateway.orders.calls[0]!.json({ id: 9 });
    await settled();
    expect(gateway.stock.calls).toHaveLength(0);
    gateway.accounts.calls[0]!.json({ id: 7 });
    expect((await gateway.stock.next()).url).toBe("/7/9");
  });

  it("feeds a value into path, query, headers and body, encoded for each", async () => {
    const gateway = composed(
      compose({
        user,
        orders: {
          upstream: orders,
          path: "/of/{user.name}?q={user.name}&me={identity.subject}",
          query: { "a b": "{user.name}!", page: "{query.page}" },
          headers: { "x-user": "u {user.id}" },
          body: { id: "{user.id}", tags: ["{user.tags}", "{{x}}"], text: "id {user.id}", none: null, n: 1 },
        },
      }),
    );
    gateway.run({ identity: { subject: "s&1" }, search: "?page=2" });
    gateway.accounts.calls[0]!.json({ id: 7, name: "a/b c&d", tags: { x: [1] } });
    const { request, url } = await gateway.orders.next();
    expect(url).toBe("/of/a%2Fb%20c%26d?q=a%2Fb%20c%26d&me=s%261&a%20b=a%2Fb%20c%26d!&page=2");
    expect(request.method).toBe("POST");
    expect(request.headers.get("x-user")).toBe("u 7");
    expect(request.headers.get("content-type")).toBe("application/json");
    expect(JSON.parse(String(request.body))).toEqual({
      id: 7,
      tags: [{ x: [1] }, "{x}"],
      text: "id 7",
      none: null,
      n: 1,
    });
  });

  it("keeps null in a body and refuses it elsewhere", async () => {
    const gateway = composed(
      compose({
        user,
        orders: { ...list, method: "PUT", body: { manager: "{user.manager}" } },
        stock: { upstream: stock, path: "/stock?of={user.manager}" },
      }),
    );
    const { answer } = gateway.run();
    gateway.accounts.calls[0]!.json({ manager: null });
    const call = await gateway.orders.next();
    expect(call.request.method).toBe("PUT");
    expect(call.request.body).toBe('{"manager":null}');
    expect(await refusalOf(answer)).toEqual({ code: "upstream-invalid", part: "stock" });
    expect(gateway.stock.calls).toHaveLength(0);
  });
});

describe("the default merge", () => {
  const three = () =>
    composed(
      compose({
        user: { upstream: accounts, path: "/" },
        orders: { upstream: orders, path: "/" },
        stock: { upstream: stock, path: "/" },
      }),
    );

  it("goes by the order of declaration, in whatever order the answers arrive", async () => {
    const names = ["accounts", "orders", "stock"] as const;
    const keys = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"));
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...names], { minLength: 3 }),
        fc.tuple(keys, keys, keys),
        async (arrival, members) => {
          const gateway = three();
          const { answer } = gateway.run();
          const values = members.map((own, index) => Object.fromEntries(own.map((key) => [key, index])));
          for (const name of arrival) {
            (await gateway[name].next()).json(values[names.indexOf(name)]);
            await settled();
          }
          expect(await (await answer).json()).toEqual({ ...values[0], ...values[1], ...values[2] });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("puts what is no object under the step's own name, and a group under its key", async () => {
    const gateway = composed(
      compose({
        user: { upstream: accounts, path: "/", group: "me" },
        orders: { upstream: orders, path: "/" },
        stock: { upstream: stock, path: "/" },
      }),
    );
    const { answer } = gateway.run();
    (await gateway.accounts.next()).json({ id: 7 });
    (await gateway.orders.next()).json([1]);
    (await gateway.stock.next()).json(null);
    expect(await (await answer).json()).toEqual({ me: { id: 7 }, orders: [1], stock: null });
  });

  it("takes a 204 for null", async () => {
    const gateway = composed(compose({ user }));
    const { answer } = gateway.run();
    (await gateway.accounts.next()).empty(204);
    expect(await (await answer).json()).toEqual({ user: null });
  });

  it("cannot be made to set a prototype", async () => {
    const gateway = composed(compose({ user, orders: list }));
    const { answer } = gateway.run();
    (await gateway.accounts.next()).text('{"__proto__":{"admin":true},"a":{"__pr\\u006fto__":{"admin":1}}}');
    (await gateway.orders.next()).json({ constructor: { prototype: { admin: true } } });
    expect(await (await answer).text()).toBe('{"a":{},"constructor":{"prototype":{"admin":true}}}');
    expect({}).not.toHaveProperty("admin");
  });
});

describe("optional parts", () => {
  const partial = (options: { fallback?: never[] } = {}) =>
    composed(compose({ user, orders: { ...list, optional: true, ...options } as const }));

  it("leave their key out where they fail, and the answer says that it is partial", async () => {
    let now = 0;
    const gateway = partial();
    const { answer, record } = gateway.run({ now: () => now });
    now = 12;
    (await gateway.accounts.next()).json({ id: 7 }, { headers: { "cache-control": "public" } });
    await settled();
    now = 30;
    (await gateway.orders.next()).refuse("upstream-unreachable");
    const response = await answer;
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("isogate-parts")).toBe(
      "user;status=200;ms=12, orders;failed=upstream-unreachable;ms=30",
    );
    expect(await response.json()).toEqual({ id: 7 });
    expect(record.notes).toEqual(["part orders failed: upstream-unreachable (as the test says)"]);
  });

  it("keep the status that the origin answered with", async () => {
    const gateway = partial();
    const { answer } = gateway.run();
    (await gateway.accounts.next()).json({});
    const call = await gateway.orders.next();
    call.stream({ status: 418 });
    expect((await answer).headers.get("isogate-parts")).toBe(
      "user;status=200;ms=0, orders;status=418;failed=upstream-invalid;ms=0",
    );
    expect(call.cancelled).toBe(true);
  });

  it("are their fallback where they fail, and nothing but it, however often merge changes it", async () => {
    const gateway = composed(
      compose(
        { orders: { ...list, optional: true, fallback: [{ id: 0 }] } },
        {
          merge: (parts) => {
            (parts.orders as unknown[]).push("changed");
            return parts.orders;
          },
        },
      ),
    );
    for (let times = 0; times < 2; times++) {
      const { answer } = gateway.run();
      (await gateway.orders.next()).refuse("upstream-timeout");
      expect(await (await answer).json()).toEqual([{ id: 0 }, "changed"]);
    }
  });

  it("are undefined for merge without a fallback", async () => {
    const gateway = composed(
      compose(
        { orders: { ...list, optional: true } },
        { merge: ({ orders }) => ({ none: orders === undefined }) },
      ),
    );
    const { answer } = gateway.run();
    (await gateway.orders.next()).refuse("upstream-timeout");
    expect(await (await answer).json()).toEqual({ none: true });
  });

  it("take their dependents with them, each counted as failed", async () => {
    const gateway = composed(
      compose({
        user: { ...user, optional: true },
        orders: { upstream: orders, path: "/orders?user={user.id}", optional: true, fallback: [] },
      }),
    );
    const { answer } = gateway.run();
    (await gateway.accounts.next()).refuse("upstream-unavailable");
    const response = await answer;
    expect(response.headers.get("isogate-parts")).toBe(
      "user;failed=upstream-unavailable;ms=0, orders;failed=upstream-unavailable;ms=0",
    );
    expect(await response.json()).toEqual({ orders: [] });
    expect(gateway.orders.calls).toHaveLength(0);
  });

  it("feed dependents from their fallback", async () => {
    const gateway = composed(
      compose({
        user: { ...user, optional: true, fallback: { id: "guest" } },
        orders: { upstream: orders, path: "/orders?user={user.id}" },
      }),
    );
    gateway.run();
    (await gateway.accounts.next()).refuse("upstream-unavailable");
    expect((await gateway.orders.next()).url).toBe("/orders?user=guest");
  });

  it("fail the whole answer where partial answers are denied", async () => {
    const gateway = composed(
      compose({ user, orders: { ...list, optional: true, fallback: [] } }, { partial: "deny" }),
    );
    const { answer } = gateway.run();
    (await gateway.accounts.next()).json({});
    (await gateway.orders.next()).refuse("upstream-timeout");
    expect(await refusalOf(answer)).toEqual({ code: "upstream-timeout", part: "orders" });
  });
});

describe("a required part that fails", () => {
  it.each([
    [400, "upstream-invalid"],
    [404, "upstream-invalid"],
    [302, "upstream-invalid"],
    [500, "upstream-invalid"],
    [503, "upstream-unavailable"],
    [504, "upstream-timeout"],
  ])("with status %i is %s, and says which part it was", async (status, code) => {
    const gateway = composed(compose({ user }));
    const { answer } = gateway.run();
    (await gateway.accounts.next()).json({ secret: 1 }, { status });
    expect(await refusalOf(answer)).toEqual({ code, part: "user", partStatus: status });
  });

  it.each([
    ["that is not JSON", "<html>"],
    ["that is empty", ""],
    ["that is cut short", '{"a":'],
  ])("with an answer %s is upstream-invalid", async (_, text) => {
    const gateway = composed(compose({ user }));
    const { answer } = gateway.run();
    (await gateway.accounts.next()).text(text);
    expect(await refusalOf(answer)).toEqual({ code: "upstream-invalid", part: "user", partStatus: 200 });
  });

  it("by breaking off is upstream-invalid", async () => {
    const gateway = composed(compose({ user }));
    const { answer } = gateway.run();
    const body = (await gateway.accounts.next()).stream();
    body.push('{"a":');
    await settled();
    body.break();
    expect(await refusalOf(answer)).toMatchObject({ code: "upstream-invalid", part: "user" });
  });

  it("cancels all that is under way, headers and bodies, and starts nothing more", async () => {
    const gateway = composed(
      compose({
        user,
        orders: list,
        stock: { upstream: stock, path: "/stock" },
        later: { upstream: stock, path: "/later/{stock.id}" },
      }),
    );
    const { answer } = gateway.run();
    const [failing, reading, waiting] = [gateway.accounts, gateway.orders, gateway.stock].map(
      (origin) => origin.calls[0]!,
    );
    reading!.stream().push("[");
    await settled();
    failing!.refuse("upstream-unreachable");
    expect(await refusalOf(answer)).toEqual({ code: "upstream-unreachable", part: "user" });
    await settled();
    expect(reading!.cancelled).toBe(true);
    expect(waiting!.aborted).toBe(true);
    // An answer that comes all the same is let go.
    waiting!.stream().push("{}");
    await settled();
    expect(waiting!.cancelled).toBe(true);
    expect(gateway.stock.calls).toHaveLength(1);
  });

  it("may hand its answer on, where the step says so", async () => {
    const gateway = composed(compose({ user: { ...user, passStatus: [404] }, orders: list }));
    const { answer } = gateway.run();
    const headers = {
      "content-type": "application/problem+json",
      "set-cookie": "a=1",
      "cache-control": "private, max-age=9",
    };
    (await gateway.accounts.next()).json({ title: "No such user" }, { status: 404, headers });
    const response = await answer;
    expect(response.status).toBe(404);
    expect([...response.headers]).toEqual([
      ["cache-control", "private"],
      ["content-type", "application/problem+json"],
    ]);
    expect(await response.json()).toEqual({ title: "No such user" });
    expect(gateway.orders.calls[0]!.aborted).toBe(true);
  });

  it("is the part's fault where its value cannot be used, and the caller's where that one's cannot", async () => {
    const path = "/users/{params.id}/{user.id}";
    const run = async (id: string, value: unknown) => {
      const gateway = composed(compose({ user, orders: { upstream: orders, path } }));
      const { answer } = gateway.run({ params: { id } });
      (await gateway.accounts.next()).json(value);
      const refusal = await refusalOf(answer);
      expect(gateway.orders.calls).toHaveLength(0);
      return refusal;
    };
    for (const value of [{}, { id: null }, { id: {} }, { id: ".." }, [], "text"]) {
      expect(await run("1", value)).toEqual({ code: "upstream-invalid", part: "orders" });
    }
    expect(await run("..", { id: 1 })).toEqual({ code: "unusable-value", part: "orders" });
  });

  it("is never sent for a caller who lacks what it names", async () => {
    const gateway = composed(compose({ orders: { ...list, query: { user: "{identity.claims.org}" } } }));
    const { answer } = gateway.run({ identity: { claims: {} } });
    expect(await refusalOf(answer)).toEqual({ code: "unusable-value", part: "orders" });
    expect(gateway.orders.calls).toHaveLength(0);
  });

  it("by a bug is passed on as the bug that it is, and cancels the rest", async () => {
    const gateway = composed(compose({ user: { ...user, optional: true }, orders: list }));
    const { answer } = gateway.run();
    gateway.accounts.calls[0]!.throw(new TypeError("bug"));
    await expect(answer).rejects.toThrow("bug");
    expect(gateway.orders.calls[0]!.aborted).toBe(true);
  });
});

describe("time", () => {
  it("of a step runs out before its answer's headers: the exchange is aborted", async () => {
    const gateway = composed(compose({ user, orders: { ...list, optional: true, timeout: "800ms" } }));
    const { answer } = gateway.run();
    (await gateway.accounts.next()).json({ id: 7 });
    await settled();
    const call = await gateway.orders.next();
    vi.advanceTimersByTime(799);
    expect(call.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(call.aborted).toBe(true);
    expect((await answer).headers.get("isogate-parts")).toContain("orders;failed=upstream-timeout");
  });

  it("of a step runs out while its body is read: the stream is cancelled", async () => {
    const gateway = composed(compose({ orders: { ...list, timeout: "800ms" } }));
    const { answer } = gateway.run();
    const call = await gateway.orders.next();
    call.stream().push('{"a":');
    await settled();
    vi.advanceTimersByTime(800);
    expect(await refusalOf(answer)).toEqual({ code: "upstream-timeout", part: "orders", partStatus: 200 });
    expect(call.cancelled).toBe(true);
    expect(call.aborted).toBe(true);
  });

  it("of a step runs out while a body of known length is read: the exchange is aborted", async () => {
    const gateway = composed(compose({ orders: { ...list, timeout: "800ms" } }));
    const { answer } = gateway.run();
    const call = await gateway.orders.next();
    call.stream({ headers: { "content-length": "20" } }).push('{"a":');
    await settled();
    vi.advanceTimersByTime(800);
    expect(await refusalOf(answer)).toEqual({ code: "upstream-timeout", part: "orders", partStatus: 200 });
    expect(call.aborted).toBe(true);
  });

  it("of the request runs out: a required part fails it, and all is cancelled", async () => {
    const gateway = composed(compose({ user, orders: list }));
    const { answer } = gateway.run();
    (await gateway.orders.next()).stream().push("[");
    await settled();
    vi.advanceTimersByTime(DEADLINE);
    expect(await refusalOf(answer)).toMatchObject({ code: "deadline-exceeded" });
    await settled();
    expect(gateway.accounts.calls[0]!.aborted).toBe(true);
    expect(gateway.orders.calls[0]!.cancelled).toBe(true);
  });

  it("of the request runs out: optional parts go without, early enough to answer in time", async () => {
    const gateway = composed(
      compose({
        user: { ...user, optional: true, fallback: { id: 0 } },
        orders: { upstream: orders, path: "/orders?user={user.id}", optional: true },
      }),
    );
    const { answer } = gateway.run({ deadline: 400 });
    vi.advanceTimersByTime(379);
    await settled();
    expect(gateway.accounts.calls[0]!.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    const response = await answer;
    expect(response.headers.get("isogate-parts")).toBe(
      "user;failed=deadline-exceeded;ms=0, orders;failed=deadline-exceeded;ms=0",
    );
    expect(await response.json()).toEqual({ id: 0 });
    expect(gateway.orders.calls).toHaveLength(0);
  });

  it("that is over already sends nothing", async () => {
    const gateway = composed(compose({ user, orders: { ...list, optional: true } }));
    const { answer } = gateway.run({ deadline: 0 });
    expect(await refusalOf(answer)).toMatchObject({ code: "deadline-exceeded" });
    expect(gateway.accounts.calls).toHaveLength(0);
    expect(gateway.orders.calls).toHaveLength(0);
  });

  it("leaves no timer behind, however it ends", async () => {
    const gateway = composed(
      compose({ user: { ...user, timeout: "1s" }, orders: { ...list, timeout: "2s" } }),
    );
    const first = gateway.run();
    (await gateway.accounts.next()).json({});
    (await gateway.orders.next()).json({});
    await first.answer;
    expect(vi.getTimerCount()).toBe(0);
    const second = gateway.run();
    (await gateway.accounts.next()).refuse("upstream-unreachable");
    await refusalOf(second.answer);
    await settled();
    expect(vi.getTimerCount()).toBe(0);
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
