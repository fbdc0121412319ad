import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleForWorkerd } from "../../../scripts/bundle.ts";
import type { Grant } from "../../../src/leases/message.ts";
import { OBJECTS } from "../../../src/manifest/compiler/objects.ts";
import type { AlgorithmName, Allowance } from "../../../src/stores/counters/counter-store.ts";
import { UNKNOWN } from "../../contract/asks.ts";
import { type BuiltGateway, removeGateway, type ServedGateway, serveGateway } from "../../support/gateway.ts";

const COUNTERS = join(import.meta.dirname, "../../../src/stores/counters");
const LIMIT = 2_000;
const DAYS = 86_400_000;

/** A Worker that is nothing but the store. */
const WORKER = `
import { DurableObject } from "cloudflare:workers";
import { createDurableObjectStore } from ${JSON.stringify(join(COUNTERS, "durable-object.ts"))};
export { LimiterObject } from ${JSON.stringify(join(COUNTERS, "limiter-object.ts"))};
${OBJECTS.filter(({ name }) => name !== "LimiterObject")
  .map(({ name }) => `export class ${name} extends DurableObject {}`)
  .join("\n")}
export default {
  async fetch(request, env, ctx) {
    const store = createDurableObjectStore(ctx.exports.LimiterObject, { timeoutMs: 2_000 });
    return Response.json(await store.lease(await request.json()));
  },
};
`;

describe("leases of a workerd that is killed", () => {
  let built: BuiltGateway;
  let served: ServedGateway | undefined;
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), "isogate-crash-"));
    const out = join(directory, "out");
    await mkdir(out);
    await writeFile(join(out, "entry.ts"), WORKER);
    await bundleForWorkerd(join(out, "entry.ts"), out, { port: 0, variables: [] });
    built = { directory, manifests: directory, hash: "" };
  });
  afterAll(async () => {
    await served?.stop();
    if (built !== undefined) await removeGateway(built);
  });

  /** Tokens that an answer brought; none where it was lost. */
  const lease = async (allowance: Allowance, want: number, location?: string): Promise<number> => {
    try {
      const response = await fetch(`http://127.0.0.1:${served?.port}/`, {
        method: "POST",
        body: JSON.stringify({
          key: `crash ${allowance.algorithm} ${location}`,
          allowance,
          ask: { ...UNKNOWN, want },
          location,
        }),
      });
      return response.ok ? ((await response.json()) as Grant).tokens : 0;
    } catch {
      return 0;
    }
  };

  it.each<readonly [AlgorithmName, string | undefined]>([
    ["fixedWindow", undefined],
    ["slidingWindow", undefined],
    ["tokenBucket", undefined],
    ["fixedWindow", "FRA"],
  ])("are together never more than the limit: %s, asked from %s", async (algorithm, location) => {
    const allowance: Allowance = { algorithm, limit: LIMIT, windowMs: 30 * DAYS, burst: LIMIT };
    await served?.stop();
    served = await serveGateway(built);
    let granted = 0;
    for (let kills = 0; kills < 5; kills++) {
      const before = served;
      let answers = 0;
      const asks = Array.from({ length: 25 }, async (_, index) => {
        const tokens = await lease(allowance, 1 + (index % 7), location);
        granted += tokens;
        // In the middle of what is under way, which is lost.
        if (++answers === 10 + kills) await before.stop();
      });
      await Promise.all(asks);
      served = await serveGateway(built, {}, before);
    }
    expect(granted).toBeGreaterThan(0);
    const rest = await lease(allowance, LIMIT, location);
    expect(granted + rest).toBeLessThanOrEqual(LIMIT);
    // What was under way is lost, what was written ahead, and what a relay held.
    expect(granted + rest).toBeGreaterThan((location === undefined ? 0.6 : 0.3) * LIMIT);
  });
});
