import { expect, it } from "vitest";
import { createMemoryPermits } from "../../../src/stores/permits/memory.ts";
import { LEASE_MS } from "../../../src/stores/permits/permit-store.ts";
import { permitStoreContract } from "../../contract/permit-store.ts";

permitStoreContract("memory", () => createMemoryPermits(Date.now));

it("frees what a holder had that is not heard of any more, at the end of its lease and no sooner", async () => {
  let now = 0;
  const store = createMemoryPermits(() => now);
  const ask = { limit: 2, need: 2, most: 2 };
  await store.settle("k", { ...ask, holder: "dead", sequence: 1 });
  now = LEASE_MS - 1;
  expect((await store.settle("k", { ...ask, holder: "b", sequence: 1 })).granted).toBe(0);
  now = LEASE_MS;
  expect((await store.settle("k", { ...ask, holder: "b", sequence: 2 })).granted).toBe(2);
});

it("keeps leases when it makes room", async () => {
  let now = 0;
  const store = createMemoryPermits(() => now);
  const ask = { holder: "a", sequence: 1, limit: 1, need: 1, most: 1 };
  await store.settle("lasting", ask);
  for (let index = 0; index < 3_000; index++) await store.settle(`k${index}`, ask);
  now = LEASE_MS - 1;
  expect((await store.settle("lasting", { ...ask, holder: "b" })).granted).toBe(0);
});
