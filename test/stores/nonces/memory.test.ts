import { expect, it } from "vitest";
import { createMemoryNonces } from "../../../src/stores/nonces/memory.ts";
import { nonceStoreContract } from "../../contract/nonce-store.ts";

nonceStoreContract("memory", () => createMemoryNonces(Date.now));

it("keeps what has not passed when it makes room", async () => {
  let now = 0;
  const store = createMemoryNonces(() => now);
  expect(await store.use("lasting", 1_000)).toBe(true);
  for (let index = 0; index < 5_000; index++) {
    now = index / 10;
    expect(await store.use(`short ${index}`, now + 1)).toBe(true);
  }
  expect(await store.use("lasting", 1_000)).toBe(false);
  now = 1_000;
  expect(await store.use("lasting", 2_000)).toBe(true);
});
