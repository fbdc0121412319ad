import { describe, expect, it, vi } from "vitest";
import { Refusal } from "../../../src/errors/refusal.ts";
import type { ConsumerDirectory } from "../../../src/identity/consumers/directory.ts";
import { createRegistered } from "../../../src/identity/consumers/registered.ts";
import type { Identity } from "../../../src/identity/identity.ts";
import type { ConsumerFields } from "../../../src/stores/consumers/consumer.ts";
import { afterMs } from "../../support/after-ms.ts";
import { identity, refusal } from "../support.ts";
import { registered, request, STALENESS, settled } from "./support.ts";

/** Somebody who was proved to call for a consumer. */
const proved = (consumer: string | undefined, more: Partial<Identity> = {}): Identity =>
  Object.freeze({
    id: "https://login.example#ada",
    subject: "ada",
    issuer: "https://login.example",
    claims: { sub: "ada" },
    scopes: ["read"],
    credential: "jwt",
    ...(consumer !== undefined && { consumer }),
    ...more,
  });

/** A world with the consumer `acme`, and what an isolate makes of callers. */
async function withConsumer(fields: Partial<ConsumerFields> = {}) {
  const world = registered();
  await world.addConsumer("acme", { plan: "gold", roles: ["partner"], ...fields });
  return world;
}

/** What becomes of callers in one isolate: what goes on behind the answer is done before the next. */
function admitting(directory: ConsumerDirectory, staleness = STALENESS) {
  const register = createRegistered(staleness, directory);
  return async (who: Identity) => {
    const ctx = request();
    const verdict = await register(who, ctx);
    await settled(ctx);
    return verdict;
  };
}

/** A verdict in a word. */
const told = (verdict: Identity | Refusal) =>
  verdict instanceof Refusal ? verdict.code : `${verdict.consumer} ${verdict.plan}`;

describe("a caller for a registered consumer", () => {
  it("has plan and roles of the registry, and everything else of the credential", async () => {
    const { isolate } = await withConsumer();
    const ada = proved("acme", { key: "k", expiresAt: 5 });
    const who = identity(await admitting(isolate())(ada));
    expect(who).toEqual({ ...ada, plan: "gold", roles: ["partner"] });
    expect([Object.isFrozen(who), Object.isFrozen(who.roles)]).toEqual([true, true]);
  });

  it("has no plan that the credential alone speaks of, and the roles of both", async () => {
    const world = await withConsumer({ plan: "gold", roles: ["partner", "clerk"] });
    await world.addConsumer("zen");
    const admit = admitting(world.isolate());
    const ada = { plan: "platinum", roles: ["clerk", "owner"] };
    expect(identity(await admit(proved("acme", ada)))).toMatchObject({
      plan: "gold",
      roles: ["partner", "clerk", "owner"],
    });
    const other = identity(await admit(proved("zen", ada)));
    expect([other.plan, other.roles]).toEqual([undefined, ["clerk", "owner"]]);
    expect(other).not.toHaveProperty("plan");
  });

  it("is asked about once, and then the same identity is given without waiting", async () => {
    const { isolate, askedFor } = await withConsumer();
    const register = createRegistered(STALENESS, isolate());
    const ada = proved("acme");
    const first = await register(ada, request());
    for (let n = 0; n < 100; n++) expect(register(ada, request())).toBe(first);
    expect(askedFor).toEqual(["acme"]);
  });

  it("is asked about once by all who call for the same consumer at the same time", async () => {
    const { isolate, askedFor } = await withConsumer();
    const admit = admitting(isolate());
    const all = Array.from({ length: 50 }, (_, n) => proved("acme", { subject: `s${n}` }));
    const verdicts = await Promise.all(all.map(admit));
    expect(new Set(verdicts.map((verdict) => identity(verdict).subject)).size).toBe(50);
    expect(askedFor).toEqual(["acme"]);
  });

  it("is asked about again behind the answer while in use, and nothing is made anew of what has not changed", async () => {
    const { isolate, askedFor, watched, now } = await withConsumer();
    const news = vi.spyOn(watched, "news");
    const register = createRegistered(STALENESS, isolate());
    const ada = proved("acme");
    const first = await register(ada, request());
    for (let second = 0; second < 300; second++) {
      now.advance(1_000);
      const ctx = request();
      expect(register(ada, ctx)).toBe(first);
      await settled(ctx);
    }
    expect(askedFor).toHaveLength(3);
    expect(news.mock.calls.length).toBeGreaterThan(10);
    expect(news.mock.calls.length).toBeLessThan(16);
  });
});

describe("what is changed of a consumer", () => {
  it("counts at once where it was changed, and elsewhere within the bound", async () => {
    const { isolate, act, now } = await withConsumer();
    const [directory, other] = [isolate(), isolate()];
    const [here, elsewhere] = [admitting(directory), admitting(other)];
    const ada = proved("acme");
    expect([told(await here(ada)), told(await elsewhere(ada))]).toEqual(["acme gold", "acme gold"]);
    now.advance(5_000);
    await directory.registry.change("acme", { suspended: true }, 1, act());
    expect(refusal(await here(ada))).toMatchObject({ code: "consumer-suspended", entry: { status: 403 } });
    // In use all the time: the answer behind which it is found out is the last one.
    for (let waited = 0; waited < STALENESS; waited += 500) {
      now.advance(500);
      await elsewhere(ada);
    }
    expect(told(await elsewhere(ada))).toBe("consumer-suspended");
    await directory.registry.change("acme", { suspended: false, plan: "silver" }, 2, act());
    expect(told(await here(ada))).toBe("acme silver");
  });

  it("is not believed any longer than the bound of whoever asks, however late", async () => {
    const { isolate, askedFor, registry, act, now } = await withConsumer();
    const directory = isolate();
    const [slow, quick] = [admitting(directory), admitting(directory, 2_000)];
    const ada = proved("acme");
    expect(told(await slow(ada))).toBe("acme gold");
    await registry.change("acme", { suspended: true }, 1, act());
    now.advance(1_000);
    expect([told(await quick(ada)), told(await slow(ada))]).toEqual(["acme gold", "acme gold"]);
    now.advance(1_000);
    expect(told(await quick(ada))).toBe("consumer-suspended");
    expect(askedFor).toEqual(["acme", "acme"]);
  });

  it.each<[string, Partial<ConsumerFields>, string]>([
    ["another plan", { plan: "silver" }, "acme silver"],
    ["other roles", { plan: "gold", roles: ["other"] }, "acme gold"],
    ["suspension", { suspended: true }, "consumer-suspended"],
  ])(
    "is seen though its version is the same, because it was registered anew: %s",
    async (_, fields, then) => {
      const { isolate, registry, addConsumer, act, now } = await withConsumer();
      const admit = admitting(isolate());
      const ada = proved("acme");
      const before = await admit(ada);
      await registry.remove("acme", 1, act());
      await addConsumer("acme", { roles: ["partner"], ...fields });
      now.advance(STALENESS);
      const after = await admit(ada);
      expect(told(after)).toBe(then);
      expect(after).not.toBe(before);
    },
  );
});

describe("a caller for nobody who is registered", () => {
  it("is refused", async () => {
    const { isolate, askedFor } = await withConsumer();
    const admit = admitting(isolate());
    for (const consumer of [undefined, "a".repeat(129)]) {
      const refused = refusal(await admit(proved(consumer)));
      expect([refused.code, refused.entry.status]).toEqual(["consumer-unknown", 403]);
    }
    expect(askedFor).toEqual([]);
    const refused = refusal(await admit(proved("stranger")));
    expect([refused.code, refused.details.cause]).toEqual([
      "consumer-unknown",
      "the consumer stranger is not registered",
    ]);
  });

  it("is not asked about again for five seconds, unless it is registered here", async () => {
    const { isolate, askedFor, act, now } = await withConsumer();
    const directory = isolate();
    const admit = admitting(directory);
    const stranger = proved("stranger");
    for (let n = 0; n < 10; n++) expect(told(await admit(stranger))).toBe("consumer-unknown");
    now.advance(4_999);
    await admit(stranger);
    expect(askedFor).toHaveLength(1);
    now.advance(1);
    await admit(stranger);
    expect(askedFor).toHaveLength(2);
    const fields = { id: "stranger", roles: [], metadata: {}, suspended: false };
    await directory.registry.create(fields, act());
    expect(told(await admit(stranger))).toBe("stranger undefined");
  });

  it("is refused once the consumer is removed", async () => {
    const { isolate, act } = await withConsumer();
    const directory = isolate();
    const admit = admitting(directory);
    expect(told(await admit(proved("acme")))).toBe("acme gold");
    await directory.registry.remove("acme", 1, act());
    expect(told(await admit(proved("acme")))).toBe("consumer-unknown");
  });
});

describe("where the registry cannot be asked", () => {
  it("a caller is refused as undecided, and what is known counts until the bound", async () => {
    const { isolate, answeringOfConsumers, now } = await withConsumer();
    const admit = admitting(isolate());
    await admit(proved("acme"));
    answeringOfConsumers(() => Promise.reject(new Error("the object is overloaded")));
    const undecided = refusal(await admit(proved("stranger")));
    expect([undecided.code, undecided.entry.status]).toEqual(["store-unavailable", 503]);
    expect(undecided.details.cause).toContain("the object is overloaded");
    now.advance(STALENESS - 1);
    expect(told(await admit(proved("acme")))).toBe("acme gold");
    now.advance(1);
    expect(told(await admit(proved("acme")))).toBe("store-unavailable");
    answeringOfConsumers(undefined);
    expect(told(await admit(proved("acme")))).toBe("acme gold");
  });

  it("a caller waits no longer than the request has time", async () => {
    const { isolate, answeringOfConsumers, now } = await withConsumer();
    answeringOfConsumers(() => new Promise(() => {}));
    const ctx = request();
    now.advance(30_000 - 20);
    const verdict = await afterMs(20, () => createRegistered(STALENESS, isolate())(proved("acme"), ctx));
    expect(told(verdict)).toBe("store-unavailable");
  });
});
