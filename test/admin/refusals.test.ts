import { exports } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import type { RefusalCount } from "../../src/stores/refusals/refusal-store.ts";

// The whole Worker of the sample manifest, with its Durable Object.
const { default: worker } = exports as unknown as { default: Fetcher };

async function unmatched(): Promise<number> {
  const answer = await worker.fetch("https://api.example/_gateway/admin/refusals?hours=2", {
    headers: { authorization: "Bearer the tests' own" },
  });
  const { counts } = await answer.json<{ counts: RefusalCount[] }>();
  return counts.find(({ code, route }) => code === "route-not-found" && route === "")?.count ?? 0;
}

it("what a running gateway refuses can be read a moment later", async () => {
  const before = await unmatched();
  await vi.waitFor(
    async () => {
      // Again and again: the background work of other tests' requests may have been ended with them.
      await worker.fetch("https://api.example/nowhere");
      expect(await unmatched()).toBeGreaterThan(before);
    },
    { timeout: 10_000, interval: 100 },
  );
});
