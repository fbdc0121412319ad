import { describe, expect, it, vi } from "vitest";
import { Refusal } from "../../../src/errors/refusal.ts";
import { hashKey } from "../../../src/identity/api-key/hash.ts";
import { ConsumerDirectory } from "../../../src/identity/consumers/directory.ts";
import type { KnownKey } from "../../../src/identity/consumers/known-key.ts";
import { afterMs } from "../../support/after-ms.ts";
import { refusal } from "../support.ts";
import { registered, request, STALENESS, settled, strangeKey } from "./support.ts";

/** What a credential does with a key: the consumer's id, undefined for none, or what came instead. */
async function lookUp(directory: ConsumerDirectory, key: string, ctx = request()) {
  const known = directory.known(key, STALENESS, ctx) ?? (await directory.ask(key, ctx));
  await settled(ctx);
  return known !== undefined && "identity" in known ? known.identity.subject : known;
}

/** What came of a look-up, as a key that holds. */
function held(known: KnownKey | Refusal | undefined): KnownKey {
  if (known === undefined || known instanceof Refusal) throw new Error("the key does not hold");
  return known;
}

async function withKey() {
  const world = registered();
  await world.addConsumer("acme");
  const { key, id } = await world.addKey("acme");
  return { ...world, key, id };
}

describe("a key that holds", () => {
  it("is asked about once, and then known without waiting", async () => {
    const { isolate, key, asked } = await withKey();
    const directory = isolate();
    expect(await lookUp(directory, key)).toBe("acme");
    for (let n = 0; n < 100; n++) {
      expect(directory.known(key, STALENESS, request())?.identity.subject).toBe("acme");
    }
    expect(asked).toHaveLength(1);
  });

  it("is told to the registry by its hash alone", async () => {
    const { isolate, key, asked } = await withKey();
    await lookUp(isolate(), key);
    expect(asked[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is asked about once by all who come at the same time", async () => {
    const { isolate, key, asked } = await withKey();
    const directory = isolate();
    const found = await Promise.all(Array.from({ length: 50 }, () => lookUp(directory, key)));
    expect(new Set(found)).toEqual(new Set(["acme"]));
    expect(asked).toHaveLength(1);
  });

  it("is asked about again behind the answer while it is in use, so that nobody waits", async () => {
    const { isolate, key, asked, watched, now } = await withKey();
    const news = vi.spyOn(watched, "news");
    const directory = isolate();
    await lookUp(directory, key);
    for (let second = 0; second < 300; second++) {
      now.advance(1_000);
      const ctx = request();
      expect(directory.known(key, STALENESS, ctx)?.identity.subject).toBe("acme");
      await settled(ctx);
    }
    expect(asked).toHaveLength(3);
    expect(news.mock.calls.length).toBeGreaterThan(10);
    expect(news.mock.calls.length).toBeLessThan(16);
  });

  it("is not believed any longer than the bound, however late it is asked for", async () => {
    const { isolate, key, now } = await withKey();
    const directory = isolate();
    await lookUp(directory, key);
    now.advance(STALENESS - 1);
    expect(directory.known(key, STALENESS, request())).toBeDefined();
    expect(directory.known(key, 5_000, request())).toBeUndefined();
    now.advance(1);
    expect(directory.known(key, STALENESS, request())).toBeUndefined();
  });

  it("ends with its own time", async () => {
    const world = await withKey();
    const { key } = await world.addKey("acme", { expiresAt: world.now() + 10_000 });
    const directory = world.isolate();
    expect(await lookUp(directory, key)).toBe("acme");
    world.now.advance(9_999);
    expect(await lookUp(directory, key)).toBe("acme");
    world.now.advance(1);
    expect(await lookUp(directory, key)).toBeUndefined();
  });
});

describe("a key that is revoked", () => {
  it("is refused at once in the isolate that revoked it, and elsewhere within the bound", async () => {
    const { isolate, key, id, act, now } = await withKey();
    const [here, elsewhere] = [isolate(), isolate()];
    expect([await lookUp(here, key), await lookUp(elsewhere, key)]).toEqual(["acme", "acme"]);
    now.advance(5_000);
    await here.registry.revokeKey(id, act());
    expect(await lookUp(here, key)).toBeUndefined();
    // In use all the time: the answer behind which it is found out is the last one.
    for (let waited = 0; waited < STALENESS; waited += 500) {
      now.advance(500);
      await lookUp(elsewhere, key);
    }
    expect(await lookUp(elsewhere, key)).toBeUndefined();
  });

  it("elsewhere is refused from then on when that is found out, before the bound is reached", async () => {
    const { isolate, key, id, act, now, registry } = await withKey();
    const directory = isolate();
    await lookUp(directory, key);
    await registry.revokeKey(id, act());
    now.advance(STALENESS * 0.75);
    // Asked about again behind this answer.
    expect(await lookUp(directory, key)).toBe("acme");
    expect(await lookUp(directory, key)).toBeUndefined();
  });

  it("is refused though a look-up from before was under way when it was revoked", async () => {
    const { isolate, key, id, act, answering, registry } = await withKey();
    const directory = isolate();
    const found = Promise.withResolvers<void>();
    const revoked = Promise.withResolvers<void>();
    answering(async (hash, at) => {
      const before = await registry.find(hash, at);
      found.resolve();
      await revoked.promise;
      return before;
    });
    const waiting = lookUp(directory, key);
    await found.promise;
    answering(undefined);
    await directory.registry.revokeKey(id, act());
    revoked.resolve();
    expect(await waiting).toBeUndefined();
    expect(directory.known(key, STALENESS, request())).toBeUndefined();
  });

  it.each([
    ["suspended", { suspended: true }],
    ["given another plan", { plan: "gold" }],
  ])("or whose consumer is %s counts at once where that was done", async (_, change) => {
    const { isolate, key, act } = await withKey();
    const directory = isolate();
    await lookUp(directory, key);
    await directory.registry.change("acme", change, 1, act());
    const { suspended, identity } = held(await directory.ask(key, request()));
    expect({ suspended, plan: identity.plan }).toMatchObject(change);
  });

  it("or whose consumer is suspended by an import counts at once where that was done", async () => {
    const { isolate, key, act } = await withKey();
    const directory = isolate();
    await lookUp(directory, key);
    const { items } = await directory.registry.exportRecords({ limit: 10 }, act());
    const suspended = items.flatMap((record) =>
      "consumer" in record ? [{ consumer: { ...record.consumer, suspended: true } }] : [],
    );
    await directory.registry.importRecords(suspended, "replace", act());
    expect(held(await directory.ask(key, request())).suspended).toBe(true);
  });
});

describe("a key that does not hold", () => {
  it("is not asked about again for five seconds", async () => {
    const { isolate, asked, now } = await withKey();
    const directory = isolate();
    const stranger = strangeKey();
    for (let n = 0; n < 10; n++) expect(await lookUp(directory, stranger)).toBeUndefined();
    now.advance(4_999);
    await lookUp(directory, stranger);
    expect(asked).toHaveLength(1);
    now.advance(1);
    await lookUp(directory, stranger);
    expect(asked).toHaveLength(2);
  });

  it("is let in once it is made here, without delay", async () => {
    const { isolate, now } = await withKey();
    const directory = isolate();
    const key = strangeKey();
    await lookUp(directory, key);
    const fields = { id: "new", prefix: "shop_live", hash: await hashKey(key), scopes: [] };
    await directory.registry.addKey("acme", fields, { actor: "ops", at: now() });
    expect(await lookUp(directory, key)).toBe("acme");
  });

  it("does not push out those that hold, however many guesses come", async () => {
    const { isolate, key } = await withKey();
    const directory = isolate();
    await lookUp(directory, key);
    for (let n = 0; n < 12_000; n++) await directory.ask(`guess ${n}`, request());
    expect(directory.known(key, STALENESS, request())).toBeDefined();
  });
});

describe("where the registry cannot be asked", () => {
  const down = () => Promise.reject(new Error("the object is overloaded"));

  it("a key is refused as undecided, and what is known still counts until the bound", async () => {
    const { isolate, key, answering, now } = await withKey();
    const directory = isolate();
    await lookUp(directory, key);
    answering(down);
    expect(refusal(await lookUp(directory, strangeKey())).code).toBe("store-unavailable");
    now.advance(STALENESS - 1);
    expect(await lookUp(directory, key)).toBe("acme");
    now.advance(1);
    const undecided = refusal(await lookUp(directory, key));
    expect([undecided.code, undecided.entry.status]).toEqual(["store-unavailable", 503]);
    expect(undecided.details.cause).toContain("the object is overloaded");
    expect(String(undecided.details.cause)).not.toContain(key);
    answering(undefined);
    expect(await lookUp(directory, key)).toBe("acme");
  });

  it("a key waits no longer than its request has time", async () => {
    const { isolate, key, answering, now } = await withKey();
    answering(() => new Promise(() => {}));
    const ctx = request();
    now.advance(30_000 - 20);
    expect(refusal(await afterMs(20, () => isolate().ask(key, ctx))).code).toBe("store-unavailable");
  });

  it("a question that went down with its request is asked anew", async () => {
    const { isolate, key, answering, asked, now } = await withKey();
    const directory = isolate();
    answering(() => new Promise(() => {}));
    void directory.ask(key, request());
    answering(undefined);
    now.advance(3_000);
    expect(await lookUp(directory, key)).toBe("acme");
    expect(asked).toHaveLength(1 + 1);
  });
});

describe("the use of a key", () => {
  const lastUse = async ({ registry }: ReturnType<typeof registered>) =>
    (await registry.consumer("acme"))?.keys[0]?.lastUsedAt;

  it("is told to the registry after the answer, once a minute at most", async () => {
    const world = await withKey();
    const directory = world.isolate();
    const use = async () => {
      const ctx = request();
      const known = directory.known(world.key, STALENESS, ctx) ?? (await directory.ask(world.key, ctx));
      await settled(ctx);
      directory.noteUse(held(known), ctx);
      const told = ctx.background.length;
      await settled(ctx);
      return told;
    };
    const start = world.now();
    expect(await use()).toBe(1);
    expect(await lastUse(world)).toBe(start);
    let told = 0;
    for (let second = 1; second < 60; second++) {
      world.now.advance(1_000);
      told += await use();
    }
    expect(told).toBe(0);
    world.now.advance(1_000);
    expect(await use()).toBe(1);
    expect(await lastUse(world)).toBe(start + 60_000);
  });

  it("is let through where it cannot be told, and the log says so without the key", async () => {
    const world = await withKey();
    const directory = new ConsumerDirectory({
      registry: { ...world.registry, noteUse: () => Promise.reject(new Error("down")) },
      now: world.now,
      log: (line) => void world.lines.push(line),
    });
    const ctx = request();
    directory.noteUse(held(await directory.ask(world.key, ctx)), ctx);
    await settled(ctx);
    expect(world.lines).toMatchObject([{ event: "key-use-not-noted", key: world.id }]);
    expect(JSON.stringify(world.lines)).not.toContain(world.key);
  });
});

describe("ten thousand consumers", () => {
  it("come and go in an isolate that remembers five thousand keys, each right all the same", async () => {
    const world = registered();
    const keys: string[] = [];
    for (let n = 0; n < 10_000; n++) {
      await world.addConsumer(`c${n}`);
      keys.push((await world.addKey(`c${n}`)).key);
    }
    const directory = world.isolate();
    for (const [n, key] of keys.entries()) {
      const ctx = request();
      expect(held(await directory.ask(key, ctx)).identity.subject).toBe(`c${n}`);
    }
    const remembered = keys.filter((key) => directory.known(key, STALENESS, request()) !== undefined);
    expect(remembered.length).toBeLessThanOrEqual(5_000);
    expect(remembered.length).toBeGreaterThan(2_000);
    expect(remembered.at(-1)).toBe(keys.at(-1));
  });
});
