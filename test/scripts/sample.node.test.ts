import { describe, expect, test } from "vitest";
import { accounts, catalog, issuer, orders } from "../../routes/demo/apps.ts";
import type { App, AppBindings } from "../../src/upstream/declare.ts";

const signed: Array<Readonly<Record<string, unknown>>> = [];
const bindings = (development: boolean): AppBindings => ({
  development,
  signingKey: {
    jwks: async () => ({ keys: [] }),
    sign: async (claims) => {
      signed.push(claims);
      return "token";
    },
  },
});

function call(app: App, target: string, init?: RequestInit, development = true) {
  return app.fetch(new Request(`https://demo.app${target}`, init), bindings(development));
}

describe("the demo's issuer", () => {
  test("mints no token outside development, whoever asks", async () => {
    for (const target of ["/token", "/token?user=ada", "/token?user=grace"]) {
      const response = await call(issuer, target, { method: "POST" }, false);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain("token");
    }
    expect(signed).toEqual([]);
  });

  test("mints tokens for its users in development, and for nobody else", async () => {
    const response = await call(issuer, "/token?user=ada", { method: "POST" });
    expect(await response.json()).toMatchObject({ access_token: "token", token_type: "Bearer" });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(signed).toEqual([
      { iss: "https://login.shop.example", aud: "shop-api", sub: "ada", scope: "shop:read shop:write" },
    ]);
    expect((await call(issuer, "/token?user=eve", { method: "POST" })).status).toBe(400);
  });

  test("shows its keys in development and outside", async () => {
    for (const development of [true, false]) {
      const response = await call(issuer, "/.well-known/jwks.json", {}, development);
      expect(await response.json()).toEqual({ keys: [] });
    }
  });
});

describe("the demo's services", () => {
  test("give a customer their own orders only", async () => {
    const response = await call(orders, "/customers/ada/orders/2");
    expect(response.status).toBe(404);
  });

  test("place an order and say where it is", async () => {
    const placed = await call(orders, "/customers/ada/orders", {
      method: "POST",
      body: JSON.stringify({ product: "cup", quantity: 2 }),
    });
    expect(placed.status).toBe(201);
    const found = await call(orders, placed.headers.get("location")!);
    expect(await found.json()).toMatchObject({ customer: "ada", product: "cup", quantity: 2 });
  });

  test("refuse what is no order", async () => {
    for (const body of [
      "",
      "no json",
      "{}",
      '{"product":"cup","quantity":0}',
      '{"product":1,"quantity":1}',
    ]) {
      expect((await call(orders, "/customers/ada/orders", { method: "POST", body })).status, body).toBe(422);
    }
  });

  test("know their products and users", async () => {
    const tea = await call(catalog, "/products?category=tea");
    expect(await tea.json()).toMatchObject({ products: [{ id: "assam" }, { id: "sencha" }] });
    const found = await call(catalog, "/search?q=CUP");
    expect(await found.json()).toMatchObject({ products: [{ id: "cup" }] });
    expect((await call(catalog, "/products/nothing")).status).toBe(404);
    expect((await call(accounts, "/users/ada")).status).toBe(200);
    expect((await call(accounts, "/users/eve")).status).toBe(404);
  });
});
