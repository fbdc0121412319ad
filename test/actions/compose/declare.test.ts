import { describe, expect, expectTypeOf, it } from "vitest";
import { compose, type JsonObject, step } from "../../../src/actions/compose/declare.ts";
import { accounts, orders } from "./fake-origins.ts";

interface User {
  readonly id: string;
}

describe("compose", () => {
  it("infers what merge is given from the steps", () => {
    const declaration = compose(
      {
        user: { upstream: accounts, path: "/users/{identity.subject}" },
        orders: {
          upstream: orders,
          path: "/orders?user={user.id}",
          optional: true,
          fallback: [],
          timeout: "800ms",
        },
        missing: { route: "/v1/x", optional: true },
        nothing: { route: "/v1/x", optional: true, fallback: null },
        empty: { route: "/v1/x", optional: true, fallback: { total: 0 } },
        typed: step<User>({ upstream: accounts, path: "/me", pick: ["id"] }),
        typedList: step<User[]>({ upstream: accounts, path: "/all", optional: true, fallback: [] }),
        typedMaybe: step<User>({ upstream: accounts, path: "/me", optional: true }),
      },
      {
        merge: (parts) => {
          expectTypeOf(parts.user).toEqualTypeOf<JsonObject>();
          expectTypeOf(parts.orders).toEqualTypeOf<readonly JsonObject[]>();
          expectTypeOf(parts.missing).toEqualTypeOf<JsonObject | undefined>();
          expectTypeOf(parts.nothing).toEqualTypeOf<JsonObject | null>();
          expectTypeOf(parts.empty).toEqualTypeOf<JsonObject>();
          expectTypeOf(parts.typed).toEqualTypeOf<User>();
          expectTypeOf(parts.typedList).toEqualTypeOf<User[]>();
          expectTypeOf(parts.typedMaybe).toEqualTypeOf<User | undefined>();
          const { user, orders, typed } = parts;
          return { ...user, orders: orders.map(({ id }) => id), name: user.name, me: typed.id };
        },
      },
    );
    expect(declaration.kind).toBe("compose");
    expect(Object.keys(declaration.steps).slice(0, 2)).toEqual(["user", "orders"]);
  });

  it("takes presets, widened or const", () => {
    const fixed = { upstream: accounts, path: "/", pick: ["a"], optional: true } as const;
    const widened = { upstream: accounts, path: "/", rename: { a: "b" }, headers: { a: "b" } };
    compose({ fixed, widened }, { merge: ({ fixed: a, widened: b }) => [a?.id, b.id] });
    expectTypeOf(compose).toBeFunction();
  });

  it("refuses what no step can be", () => {
    const user = { upstream: accounts, path: "/" } as const;
    // @ts-expect-error a misspelt key
    compose({ user: { ...user, optinal: true } });
    // @ts-expect-error upstream and route
    compose({ user: { ...user, route: "/v1" } });
    // @ts-expect-error a path without an upstream
    compose({ user: { path: "/" } });
    // @ts-expect-error a fallback that would never be used
    compose({ user: { ...user, fallback: [] } });
    // @ts-expect-error an optional step does not pass its answer on
    compose({ user: { ...user, optional: true, passStatus: [404] } });
    // @ts-expect-error no such method
    compose({ user: { ...user, method: "FETCH" } });
    // @ts-expect-error no such option
    compose({ user }, { megre: () => 1 });
    // @ts-expect-error no such step
    compose({ user }, { merge: ({ other }) => other });
    // @ts-expect-error a fallback of another type
    step<User>({ ...user, optional: true, fallback: null });
    // @ts-expect-error undefined where the optional part is missing
    compose({ user: { ...user, optional: true } }, { merge: ({ user }) => user.id });
  });
});
