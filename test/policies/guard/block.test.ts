import { describe, expect, it } from "vitest";
import { BlockLists, STALENESS_MS } from "../../../src/blocking/block-lists.ts";
import type { RequestContext } from "../../../src/context.ts";
import { Refusal, refuse } from "../../../src/errors/refusal.ts";
import type { Identity } from "../../../src/identity/identity.ts";
import type { AccessRecord } from "../../../src/observe/record.ts";
import { type BlockOptions, create, options } from "../../../src/policies/guard/block.ts";
import type { RouteFacts, Tools } from "../../../src/policies/policy.ts";
import type { BlockEntry, BlockStore } from "../../../src/stores/blocks/block-store.ts";
import { createMemoryBlocks } from "../../../src/stores/blocks/memory.ts";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";

const ADA = { id: "issuer#ada", consumer: "acme", key: "issuer#token-7" } as Identity;

interface Caller {
  readonly address?: string;
  readonly cf?: object;
  readonly identity?: Identity;
  /** Whom further credentials proved. */
  readonly alsoProved?: Identity[];
}

/** A route with the policy, and the store behind it. */
function blocking(written: BlockOptions, { authenticates = true, down = false } = {}) {
  const world = { now: 1_800_000_000_000, down };
  const memory = createMemoryBlocks();
  const store: BlockStore = {
    ...memory,
    read: (known) => (world.down ? Promise.reject(new Error("down")) : memory.read(known)),
  };
  const log: unknown[] = [];
  const now = () => world.now;
  const tell = (line: unknown) => void log.push(line);
  const deps = {
    now,
    log: tell,
    counters: createMemoryStore(now),
    blocks: new BlockLists({ store, now, log: tell }),
  } as unknown as Tools["deps"];
  const policy = create(options().parse(written), { deps, route: { authenticates } as RouteFacts });
  const pending: Promise<unknown>[] = [];
  const context = ({ address = "192.0.2.1", cf, identity, alsoProved }: Caller) => {
    const record: AccessRecord = {};
    const execution = { waitUntil: (work: Promise<unknown>) => void pending.push(work) };
    const known = { identity, alsoProved };
    return { request: { cf }, address, ...known, record, execution } as unknown as RequestContext;
  };
  const put = (entry: Partial<BlockEntry>) =>
    memory.put({
      ...{ list: "abuse", kind: "network", value: "192.0.2.0/24", reason: "floods" },
      ...{ createdAt: world.now, createdBy: "admin" },
      ...entry,
    });
  /** What the policy makes of a caller: the code of its refusal, or what it left in the record. */
  async function judge(caller: Caller = {}) {
    const ctx = context(caller);
    const verdict = (await policy.guard?.(ctx)) ?? (await policy.authorize?.(ctx));
    if (!(verdict instanceof Refusal)) return ctx.record;
    return { code: verdict.code, cause: verdict.details.cause, detail: verdict.details.detail };
  }
  async function fail(
    address: string,
    code: "credential-invalid" | "credential-missing" = "credential-invalid",
  ) {
    expect(await policy.error?.(context({ address }), refuse(code))).toBeUndefined();
    while (pending.length > 0) await pending.shift();
  }
  return { world, policy, put, judge, fail, log, context };
}

describe("a deny list", () => {
  it("refuses who is on it, and tells the log why and the client nothing", async () => {
    const { put, judge } = blocking({ deny: ["abuse"] });
    await put({});
    expect(await judge()).toEqual({
      code: "blocked",
      cause: "abuse: network 192.0.2.0/24: floods",
      detail: undefined,
    });
    expect(await judge({ address: "198.51.100.1" })).toEqual({});
  });

  it("of another name refuses nobody", async () => {
    const { put, judge } = blocking({ deny: ["abuse"] });
    await put({ list: "other" });
    expect(await judge()).toEqual({});
  });

  it("knows where the platform says a request comes from", async () => {
    const { put, judge } = blocking({ deny: ["abuse"] });
    await put({ kind: "asn", value: "64496" });
    await put({ kind: "country", value: "XX" });
    expect(await judge({ cf: { asn: 64_496 } })).toMatchObject({ code: "blocked" });
    expect(await judge({ cf: { country: "XX" } })).toMatchObject({ code: "blocked" });
    expect(await judge({ cf: { asn: 1, country: "NL" } })).toEqual({});
  });

  it("refuses consumers, identities and keys once they are proved, and not on a public route", async () => {
    for (const id of [
      { kind: "key", value: ADA.key! } as const,
      { kind: "consumer", value: "acme" } as const,
      { kind: "identity", value: ADA.id } as const,
    ]) {
      const { put, judge } = blocking({ deny: ["abuse"] });
      await put(id);
      expect(await judge({ identity: ADA })).toMatchObject({ code: "blocked" });
      expect(await judge({ identity: { ...ADA, id: "x", consumer: "y", key: "z" } })).toEqual({});
    }
    expect(blocking({ deny: ["abuse"] }, { authenticates: false }).policy.authorize).toBeUndefined();
  });
});

describe("a key on a deny list", () => {
  it("is refused, and the other keys of its holder go on", async () => {
    const { put, judge } = blocking({ deny: ["abuse"] });
    await put({ kind: "key", value: ADA.key!, reason: "leaked" });
    expect(await judge({ identity: ADA })).toEqual({
      code: "blocked",
      cause: `abuse: key ${ADA.key}: leaked`,
      detail: undefined,
    });
    const { key: _, ...keyless } = ADA;
    expect(await judge({ identity: { ...ADA, key: "issuer#token-8" } })).toEqual({});
    expect(await judge({ identity: keyless })).toEqual({});
  });

  it("is refused where it was only the second of two credentials", async () => {
    const { put, judge } = blocking({ deny: ["abuse"] });
    await put({ kind: "key", value: ADA.key! });
    const identity = { id: "mtls:x#y" } as Identity;
    expect(await judge({ identity, alsoProved: [{ id: "z" } as Identity, ADA] })).toMatchObject({
      code: "blocked",
    });
    expect(await judge({ identity })).toEqual({});
  });

  it("holds everywhere once the bound has passed", async () => {
    const { world, put, judge } = blocking({ deny: ["abuse"] });
    expect(await judge({ identity: ADA })).toEqual({});
    await put({ kind: "key", value: ADA.key! });
    world.now += STALENESS_MS;
    expect(await judge({ identity: ADA })).toMatchObject({ code: "blocked" });
  });
});

describe("an allow list", () => {
  it("refuses who is not on it", async () => {
    const { put, judge } = blocking({ allow: ["office", "partners"] });
    await put({ list: "partners" });
    expect(await judge()).toEqual({});
    expect(await judge({ address: "198.51.100.1" })).toMatchObject({
      code: "blocked",
      cause: "on none of the lists office, partners",
    });
  });

  it("does not help who is on a deny list", async () => {
    const { put, judge } = blocking({ allow: ["office"], deny: ["abuse"] });
    await put({ list: "office" });
    await put({ value: "192.0.2.1" });
    expect(await judge()).toMatchObject({ code: "blocked", cause: "abuse: network 192.0.2.1: floods" });
    expect(await judge({ address: "192.0.2.2" })).toEqual({});
  });
});

describe("an allow list that names callers", () => {
  const NOBODY = { code: "blocked", cause: "on none of the lists partners" };

  it.each([
    ["consumer", "acme"],
    ["identity", ADA.id],
    ["key", ADA.key!],
  ] as const)("lets in the %s that is on it, from wherever, and nobody else", async (kind, value) => {
    const { put, judge } = blocking({ allow: ["partners"] });
    await put({ list: "partners", kind, value });
    expect(await judge({ identity: ADA })).toEqual({});
    expect(await judge({ identity: { id: "x", consumer: "y", key: "z" } as Identity })).toMatchObject(NOBODY);
    // As on a route that asks for credentials on some of its paths only.
    expect(await judge({})).toMatchObject(NOBODY);
  });

  it("lets in by any of the credentials that a route asks for together", async () => {
    const { put, judge } = blocking({ allow: ["partners"] });
    await put({ list: "partners", kind: "consumer", value: "acme" });
    expect(await judge({ identity: { id: "mtls:x#y" } as Identity, alsoProved: [ADA] })).toEqual({});
    const other = { id: "x", consumer: "y" } as Identity;
    expect(await judge({ identity: other, alsoProved: [other] })).toMatchObject(NOBODY);
  });

  it("lets in by address too, whoever that is, and refuses who is denied", async () => {
    const { put, judge } = blocking({ allow: ["partners"], deny: ["abuse"] });
    await put({ list: "partners", kind: "consumer", value: "acme" });
    await put({ list: "partners", value: "198.51.100.1" });
    await put({ kind: "key", value: ADA.key! });
    expect(await judge({ address: "198.51.100.1", identity: { id: "x" } as Identity })).toEqual({});
    expect(await judge({ identity: ADA })).toMatchObject({ cause: `abuse: key ${ADA.key}: floods` });
  });

  it("lets nobody in on a public route, nor once its entries have expired", async () => {
    const open = blocking({ allow: ["partners"] }, { authenticates: false });
    await open.put({ list: "partners", kind: "consumer", value: "acme" });
    expect(await open.judge({ identity: ADA })).toMatchObject(NOBODY);
    const { world, put, judge } = blocking({ allow: ["partners"] });
    await put({ list: "partners", kind: "consumer", value: "acme", expiresAt: world.now + 1_000 });
    expect(await judge({ identity: ADA })).toEqual({});
    world.now += 1_000;
    expect(await judge({ identity: ADA })).toMatchObject(NOBODY);
  });

  it("holds a caller who waits for it to the list, though it has been emptied since", async () => {
    const { world, policy, put, context } = blocking({ allow: ["partners"] });
    await put({ list: "partners", kind: "consumer", value: "acme", expiresAt: world.now + 1 });
    const ctx = context({ identity: { id: "x" } as Identity });
    expect(await policy.guard?.(ctx)).toBeUndefined();
    world.now += STALENESS_MS;
    await put({ list: "other" });
    expect(await policy.authorize?.(ctx)).toMatchObject({ code: "blocked" });
  });

  it("on trial reports a caller once", async () => {
    const { put, judge } = blocking({ allow: ["partners"], mode: "report" });
    await put({ list: "partners", kind: "consumer", value: "other" });
    const reported = [{ policy: "block", code: "blocked" }];
    expect(await judge({ identity: ADA })).toEqual({ reported });
    expect(await blocking({ allow: ["x"], mode: "report" }).judge({ identity: ADA })).toEqual({ reported });
  });

  it("that cannot be read lets nobody in", async () => {
    const { world, policy, put, context } = blocking({ allow: ["partners"] });
    await put({ list: "partners", kind: "consumer", value: "acme" });
    const ctx = context({ identity: ADA });
    expect(await policy.guard?.(ctx)).toBeUndefined();
    world.down = true;
    world.now += STALENESS_MS;
    expect(await policy.authorize?.(ctx)).toMatchObject({ code: "store-unavailable" });
  });
});

describe("lists on trial", () => {
  it("refuse nobody, and say whom they would", async () => {
    const { put, judge } = blocking({ deny: ["abuse"], mode: "report" });
    await put({});
    expect(await judge()).toEqual({ reported: [{ policy: "block", code: "blocked" }] });
  });
});

describe("lists that cannot be read", () => {
  it("refuse everybody by default", async () => {
    expect(await blocking({ deny: ["abuse"] }, { down: true }).judge()).toMatchObject({
      code: "store-unavailable",
    });
  });

  it("may be gone by as they were last known", async () => {
    const { world, put, judge } = blocking({ deny: ["abuse"], onStoreFailure: "allow" });
    await put({});
    await judge();
    world.down = true;
    world.now += STALENESS_MS;
    expect(await judge()).toMatchObject({ code: "blocked" });
    expect(await judge({ address: "198.51.100.1" })).toEqual({
      notes: ["block: the lists could not be read", "block: the lists could not be read"],
    });
  });
});

describe("a ban", () => {
  const ban = { failures: 3, window: "1m", for: "1h", list: "bans" } as const;
  const rules: BlockOptions = { deny: ["bans"], ban };

  it("comes with the last failure that is too many, at once, and ends", async () => {
    const { world, judge, fail, log } = blocking(rules);
    await fail("192.0.2.1");
    await fail("192.0.2.1");
    expect(await judge()).toEqual({});
    await fail("192.0.2.1");
    expect(await judge()).toMatchObject({
      code: "blocked",
      cause: "bans: network 192.0.2.1: 3 failed authentications within 60 s",
    });
    expect(await judge({ address: "192.0.2.2" })).toEqual({});
    expect(log).toEqual([expect.objectContaining({ event: "banned", network: "192.0.2.1" })]);
    world.now += 3_600_000;
    expect(await judge()).toEqual({});
  });

  it("is for the whole /64 of an IPv6 address", async () => {
    const { judge, fail } = blocking(rules);
    for (const last of [1, 2, 3]) await fail(`2001:db8::${last}`);
    expect(await judge({ address: "2001:db8::ffff" })).toMatchObject({ code: "blocked" });
    expect(await judge({ address: "2001:db8:0:1::1" })).toEqual({});
  });

  it("is not for credentials that are missing, nor for failures of long ago", async () => {
    const { world, judge, fail } = blocking(rules);
    for (let i = 0; i < 5; i++) await fail("192.0.2.1", "credential-missing");
    await fail("192.0.2.1");
    await fail("192.0.2.1");
    world.now += 60_000;
    await fail("192.0.2.1");
    expect(await judge()).toEqual({});
  });

  it("is for nobody where there is no address", async () => {
    const { judge, fail } = blocking(rules);
    for (let i = 0; i < 5; i++) await fail("");
    expect(await judge({ address: "" })).toEqual({});
  });
});

describe("options", () => {
  it.each<[string, unknown]>([
    ["no list at all", {}],
    [
      "a ban on a list that is not denied",
      { deny: ["a"], ban: { failures: 2, window: "1m", for: "1h", list: "b" } },
    ],
    ["a ban of one failure", { deny: ["a"], ban: { failures: 1, window: "1m", for: "1h", list: "a" } }],
    ["a name that is none", { deny: ["No Name"] }],
  ])("do not have %s", (_, written) => {
    expect(options().safeParse(written).success).toBe(false);
  });
});
