import { exports } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import type { RefusalCount } from "../../src/stores/refusals/refusal-store.ts";

// The whole Worker of the sample manifest, with its Durable Object.
const { default: worker } = exports as unknown as { default: Fetcher };

async function counts(): Promise<readonly RefusalCount[]> {
  const answer = await worker.fetch("https://api.example/_gateway/admin/refusals?hours=1", {
    headers: { authorization: "Bearer the tests' own" },
  });
  return (await answer.json<{ counts: RefusalCount[] }>()).counts;
}

it("what a running gateway refuses can be read a moment later", async () => {
  const before = (await counts()).find(({ code, route }) => code === "route-not-found" && route === "");
  for (const path of ["/nowhere", "/nowhere/else"]) await worker.fetch(`https://api.example${path}`);
  await vi.waitFor(
    async () => {
      const after = (await counts()).find(({ code, route }) => code === "route-not-found" && route === "");
      expect((after?.count ?? 0) - (before?.count ?? 0)).toBeGreaterThanOrEqual(2);
    },
    { timeout: 10_000, interval: 100 },
  );
});
