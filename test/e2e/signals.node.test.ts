import { setTimeout as passed } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { type ServedGateway, serveGateway } from "../support/gateway.ts";
import { ask } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const HOOK_TOKEN = "known to the gateway and to who is told";
const variables = (url: string) => ({ ORIGIN: url, HOOK_TOKEN });
const served = serve("signals.ts", (origin) => variables(origin.url));

/** The gateway that is called now: it may be killed meanwhile. */
let gateway: ServedGateway | undefined;
let calling = true;
afterAll(() => gateway?.stop());

/** Calls the shop five times a second, whatever becomes of it. */
async function call(): Promise<void> {
  const under: Array<Promise<unknown>> = [];
  while (calling) {
    if (gateway !== undefined) under.push(ask(gateway.port, "/teas").catch(() => {}));
    await passed(200);
  }
  await Promise.all(under);
}

/** What the receiver was told, each signal once, in the order in which they came. */
async function told() {
  const { origin } = served;
  const requests = await origin.requests("/hooks/scale");
  const field = (at: number, name: string) =>
    requests[at]?.headers.find(([key]) => key.toLowerCase() === name)?.[1];
  const ids = requests.map((_, at) => field(at, "idempotency-key") ?? "");
  const signals = await Promise.all(
    [...new Set(ids)].map(async (id) => {
      const { exchange } = requests[ids.indexOf(id)]!;
      const { text } = await origin.wait("chunk", (event) => event.exchange === exchange);
      return JSON.parse(text) as Readonly<Record<string, unknown>>;
    }),
  );
  return { requests, ids, signals, authorization: requests.map((_, at) => field(at, "authorization")) };
}

describe("an upstream that gets slow", () => {
  it("is told of once, though that fails first and the process is killed; and that it has recovered, once", async () => {
    const { origin, built } = served;
    await origin.answer("/hooks/scale", { status: 500 }, { status: 204 });
    await origin.answer("/teas", { delay: 20 });
    gateway = await serveGateway(built, variables(origin.url));
    const calls = call();
    // Two reports of what is fast call nobody.
    await passed(8_000);
    expect(await origin.requests("/hooks/scale")).toEqual([]);

    await origin.answer("/teas", { delay: 400 });
    await expect
      .poll(async () => (await origin.requests("/hooks/scale")).length, { timeout: 30_000 })
      .toBe(2);
    const first = await told();
    const [signal] = first.signals;
    expect(new Set(first.ids).size).toBe(1);
    expect(first.authorization).toEqual([`Bearer ${HOOK_TOKEN}`, `Bearer ${HOOK_TOKEN}`]);
    expect(signal).toMatchObject({
      id: first.ids[0],
      type: "upstream.scale-up",
      upstream: "shop",
      above: ["latency"],
      observed: { isolates: 1 },
      thresholds: { latencyMs: 200 },
    });
    const { slow, meanMs } = signal!.observed as Record<string, number>;
    expect(slow).toBeGreaterThan(0.1);
    expect(meanMs).toBeGreaterThan(50);
    expect(Date.parse(String(signal!.at)) - Date.parse(String(signal!.since))).toBeGreaterThanOrEqual(5_000);

    // SIGKILL. It is still slow, and the period goes on.
    const before = gateway;
    gateway = undefined;
    await before.stop();
    gateway = await serveGateway(built, variables(origin.url), before);
    await passed(8_000);
    expect((await told()).ids).toHaveLength(2);

    await origin.answer("/teas", { delay: 20 });
    await expect
      .poll(async () => (await origin.requests("/hooks/scale")).length, { timeout: 45_000 })
      .toBe(3);
    const { signals } = await told();
    expect(signals.map(({ type }) => type)).toEqual(["upstream.scale-up", "upstream.recovered"]);
    expect(signals[1]).toMatchObject({ upstream: "shop", above: [] });
    const apart = Date.parse(String(signals[1]!.at)) - Date.parse(String(signals[0]!.at));
    expect(apart).toBeGreaterThanOrEqual(20_000);
    await passed(6_000);
    expect((await told()).ids).toHaveLength(3);
    calling = false;
    await calls;
  }, 120_000);
});
