import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compose } from "../../../src/actions/compose/declare.ts";
import { accounts, composed, orders, settled, stock } from "./fake-origins.ts";

const user = { upstream: accounts, path: "/users/7" } as const;
const list = { upstream: orders, path: "/orders" } as const;

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
