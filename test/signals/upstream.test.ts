import { expect, it } from "vitest";
import { upstream } from "../../src/manifest/index.ts";
import type { SignalTerms } from "../../src/stores/signals/signal-store.ts";
import { gatewayOf, NOW } from "../support/in-process.ts";

const operations = upstream("operations", { origin: "https://operations.example" });
const shop = upstream("shop", {
  origin: "https://shop.example",
  shed: { start: 1, min: 1, max: 1 },
  signals: { to: { upstream: operations, path: "/hooks" }, above: { shedRate: 0.05 } },
});

it("an upstream with signals has its own gauge follow what it answers, and what is refused for its sake", async () => {
  const seen: string[] = [];
  const asked: Array<readonly [upstream: string, terms: SignalTerms]> = [];
  let clock = NOW;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { begin, settled } = gatewayOf(
    { "GET /teas": { access: "public", forward: { upstream: shop } } },
    {
      now: () => clock,
      async origin() {
        await held;
        return new Response();
      },
      signals: {
        gauge(...args) {
          asked.push(args);
          return {
            ended: (ms, tells, now) => void seen.push(`ended ${ms} ${tells} ${now - NOW}`),
            abandoned: () => void seen.push("abandoned"),
            refused: (now, execution) => void seen.push(`refused ${now - NOW} ${typeof execution.waitUntil}`),
          };
        },
      },
    },
  );
  const first = begin("/teas");
  expect((await begin("/teas")).status).toBe(503);
  expect(seen).toEqual(["refused 0 function"]);
  clock += 40;
  release();
  expect((await first).status).toBe(200);
  await settled();
  expect(seen).toEqual(["refused 0 function", "ended 40 true 40"]);
  expect(asked).toEqual([["shop", expect.objectContaining({ above: { shedRate: 0.05 } })]]);
});
