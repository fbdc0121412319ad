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
