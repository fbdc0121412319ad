import { describe, expect, it } from "vitest";
import { BlockLists, STALENESS_MS } from "../../src/blocking/block-lists.ts";
import type { BlockEntry, BlockStore } from "../../src/stores/blocks/block-store.ts";
import { createMemoryBlocks } from "../../src/stores/blocks/memory.ts";

const entry = (value: string): BlockEntry => ({
  list: "abuse",
  kind: "asn",
  value,
  reason: "r",
  createdAt: 0,
  createdBy: "x",
});

/** An isolate's view of a store that counts how often it is read, and can be down. */
function isolate(shared: BlockStore = createMemoryBlocks()) {
  const world = { now: 1_000_000, reads: 0, down: false, log: [] as unknown[] };
  const pending: Promise<unknown>[] = [];
  const store: BlockStore = {
    ...shared,
    async read(known) {
      world.reads++;
      if (world.down) throw new Error("down");
      return shared.read(known);
    },
  };
  const lists = new BlockLists({ store, now: () => world.now, log: (line) => void world.log.push(line) });
  const execution = { waitUntil: (work: Promise<unknown>) => void pending.push(work) };
  const knows = async (asn: number) =>
    (await lists.current(execution)).get("abuse")?.whence({ address: "", asn }, 0) !== undefined;
  const settled = async () => {
    while (pending.length > 0) await pending.shift();
  };
  return { world, shared, lists, knows, settled, current: () => lists.current(execution) };
}

describe("an isolate's view of the lists", () => {
  it("is read before the first request is judged, and is at hand from then on", async () => {
    const { world, shared, current, knows } = isolate();
    await shared.put(entry("1"));
    expect(current()).toBeInstanceOf(Promise);
    expect(await knows(1)).toBe(true);
    world.now += STALENESS_MS / 2 - 1;
    expect(current()).not.toBeInstanceOf(Promise);
  });

  it("is read anew in the background when half its time is over, once", async () => {
    const { world, shared, current, knows, settled } = isolate();
    await knows(1);
    await shared.put(entry("1"));
    const { reads } = world;
    world.now += STALENESS_MS / 2;
    for (let i = 0; i < 5; i++) expect(current()).not.toBeInstanceOf(Promise);
    await settled();
    expect(world.reads).toBe(reads + 1);
    expect(await knows(1)).toBe(true);
  });

  it("is never older than it may be, however long nobody asked", async () => {
    const { world, shared, knows } = isolate();
    await knows(1);
    await shared.put(entry("1"));
    world.now += STALENESS_MS;
    expect(await knows(1)).toBe(true);
  });

  it("knows at once what this isolate has put", async () => {
    const { lists, knows } = isolate();
    await knows(1);
    await lists.put(entry("1"));
    expect(await knows(1)).toBe(true);
  });

  it("fails where it is too old and cannot be read, and keeps what was last known", async () => {
    const { world, lists, knows, settled, current } = isolate();
    await lists.put(entry("1"));
    world.down = true;
    world.now += STALENESS_MS / 2;
    expect(await knows(1)).toBe(true);
    await settled();
    expect(world.log).toEqual([expect.objectContaining({ event: "blocks-not-read" })]);
    world.now += STALENESS_MS / 2;
    await expect(current()).rejects.toThrow("down");
    expect(lists.lastKnown.get("abuse")).toBeDefined();
    world.down = false;
    expect(await knows(1)).toBe(true);
  });

  it("asks again where a background reading was lost with its request", async () => {
    const { world, knows, current } = isolate();
    await knows(1);
    world.now += STALENESS_MS / 2;
    const { reads } = world;
    void current();
    world.now += 4_999;
    void current();
    expect(world.reads).toBe(reads + 1);
  });
});
