import { describe, expect, it } from "vitest";
import { CLIENT, codeOf, MINUTE, refused, TestGateway } from "../oidc/support.ts";
import { identity } from "../support.ts";

describe("a session", () => {
  it("ends when it was not used for a while, and however much it is used", async () => {
    const gateway = new TestGateway({
      session: { ...CLIENT.session, idleTimeout: "10m", maxAge: "1h" },
    });
    gateway.provider.refreshable = false;
    await gateway.logIn();
    const first = gateway.cookie;
    for (let minutes = 9; minutes < 60; minutes += 9) {
      gateway.now.advance(9 * MINUTE);
      expect([minutes, codeOf(await gateway.ask())]).toEqual([minutes, "ada"]);
    }
    expect(gateway.cookie).not.toBe(first);
    const last = gateway.cookie;
    expect(codeOf(await gateway.ask(first))).toBe("credential-invalid");
    gateway.now.advance(6 * MINUTE);
    expect(codeOf(await gateway.ask(last))).toBe("credential-invalid");
  });

  it("is told from the person's others by a name that it keeps when it is refreshed", async () => {
    const keyOf = async (gateway: TestGateway) => identity((await gateway.ask()).verdict).key;
    const gateway = new TestGateway();
    await gateway.logIn();
    const first = await keyOf(gateway);
    expect(first).toMatch(/^oidc:https:\/\/[^#]+#.{16,}$/);
    const cookie = gateway.cookie;
    for (let minutes = 0; minutes < 20; minutes += 4) {
      gateway.now.advance(4 * MINUTE);
      expect(await keyOf(gateway)).toBe(first);
    }
    expect(gateway.cookie).not.toBe(cookie);
    await gateway.logIn();
    expect(await keyOf(gateway)).not.toBe(first);
  });

  it("asks nobody while nothing is due", async () => {
    const asked: string[] = [];
    const gateway = new TestGateway();
    await gateway.logIn();
    const generation = gateway.store.generation.bind(gateway.store);
    gateway.store.generation = (owner, id) => {
      asked.push(id);
      return generation(owner, id);
    };
    gateway.now.advance(29_000);
    const { verdict, cookies } = await gateway.ask();
    expect(identity((await gateway.ask()).verdict)).toBe(identity(verdict));
    expect([asked.length, cookies.length]).toEqual([0, 0]);
    gateway.now.advance(2_000);
    await gateway.ask();
    await gateway.ask();
    expect(asked).toHaveLength(1);
  });

  it("lets nobody in where the store cannot be asked", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const broken = { ...gateway.store, generation: () => Promise.reject(new Error("no store")) };
    const other = new TestGateway({}, gateway, { store: broken });
    expect(await refused(other.ask(gateway.cookie))).toBe("store-unavailable");
  });
});
