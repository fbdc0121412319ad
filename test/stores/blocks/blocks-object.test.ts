import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import {
  GATEWAY,
  isTooManyEntries,
  MOST_ENTRIES,
  mostEntriesFor,
} from "../../../src/stores/blocks/block-store.ts";
import {
  type BlocksNamespace,
  createDurableObjectBlocks,
} from "../../../src/stores/blocks/durable-object.ts";
import { blockStoreContract } from "../../contract/block-store.ts";

const { BlocksObject } = exports as unknown as { BlocksObject: BlocksNamespace };

/** Each has an object of its own: the gateway's one name would bring them all together. */
function create() {
  const name = crypto.randomUUID();
  return createDurableObjectBlocks({ getByName: () => BlocksObject.getByName(name) }, { timeoutMs: 20_000 });
}

blockStoreContract("the Durable Object", create);

it("the Durable Object takes so many entries and no more, of bans fewer, until some have expired", async () => {
  const store = create();
  const at = 1_800_000_000_000;
  const base = { list: "a", kind: "asn", reason: "r", createdAt: at, createdBy: "x" } as const;
  for (let first = 0; first < MOST_ENTRIES; first += 500) {
    if (first === mostEntriesFor(GATEWAY)) {
      const ban = await store
        .put({ ...base, value: "ban", createdBy: GATEWAY })
        .catch((error: unknown) => error);
      expect(isTooManyEntries(ban)).toBe(true);
    }
    const some = Array.from({ length: 500 }, (_, index) => String(first + index));
    await Promise.all(some.map((value) => store.put({ ...base, value, expiresAt: at + 1_000 })));
  }
  const refused = await store.put({ ...base, value: "x" }).catch((error: unknown) => error);
  expect(isTooManyEntries(refused)).toBe(true);
  await store.put({ ...base, value: "1", reason: "another" });
  await store.put({ ...base, value: "x", createdAt: at + 1_000 });
  expect((await store.read())?.entries.map(({ value }) => value).sort()).toEqual(["1", "x"]);
});
