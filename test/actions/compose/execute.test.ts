import { describe, expect, it } from "vitest";
import { compose } from "../../../src/actions/compose/declare.ts";
import { accounts, composed, orders, refusalOf, settled, stock } from "./fake-origins.ts";

const user = { upstream: accounts, path: "/users/7" } as const;
const list = { upstream: orders, path: "/orders" } as const;

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
