import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Traced } from "../../../src/explain/traced.ts";
import { serve } from "../../e2e/served.ts";
import { bearing, PARTNER, signWithSecret } from "../../support/tokens.ts";
import { oneLine } from "./explained.ts";

const SCRIPT = join(import.meta.dirname, "../../../scripts/explain.ts");
const ISOGATE_ADMIN_SECRET = "operators only.7f3a91";
const PARTNER_SECRET = "a secret that is at least as long as its hash";
const served = serve("explained-counts.ts", ({ url }) => ({
  ORIGIN: url,
  ISOGATE_ADMIN_SECRET,
  PARTNER_SECRET,
}));

/** What is said of the upstream's own limit. */
const TAKES = "it takes 30 at once from each isolate while 10 more may wait 200 ms";

/** Runs `npm run explain` on a request of one caller's. */
async function explain(...args: readonly string[]): Promise<string> {
  const fields = bearing(await signWithSecret(PARTNER_SECRET, { iss: PARTNER, sub: "ada" }));
  const caller = Object.entries(fields).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const manifest = ["--manifest", join(served.built.manifests, "explained-counts.ts")];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ISOGATE_ADMIN_SECRET, PARTNER_SECRET };
    execFile(process.execPath, [SCRIPT, ...args, ...caller, ...manifest], { env }, (error, stdout) => {
      if (error) reject(error);
      else resolve(oneLine(stdout));
    });
  });
}
const live = () => ["--live", `http://127.0.0.1:${served.gateway.port}`];

describe("what counts, limits and refuses", () => {
  it("is told by a running gateway as it stands, and of whom an upstream refuses first", async () => {
    const first = await explain("GET", "/counted", ...live());
    expect(first).toMatch(
      /limit quota .*? daily by route: 1 of 3 used, 2 left, until \d{4}-\d\d-\d\dT00:00:00\.000Z/,
    );
    expect(first).toMatch(/limit concurrency .*? 2-at-once by address and isolate: one of 2 /);
    expect(first).toMatch(/admit concurrency .*? 10-at-once by route: one of 10 /);
    expect(first).toMatch(/personalise meter .*? counts 7 call /);
    expect(first).toContain(
      `(upstream weak, ${TAKES}, it may refuse what it cannot bear, this as background)`,
    );
    expect(first).not.toContain("not reached");

    const second = JSON.parse(await explain("GET", "/counted", "--json", ...live())) as Traced;
    const quotas = (traced: Traced) => traced.events.flatMap((event) => event.quotas ?? []);
    expect(quotas(second)).toEqual([
      { name: "daily", limit: 3, used: 2, allowed: true, until: expect.any(String) },
    ]);
    expect(second.events.flatMap(({ metered = [] }) => metered)).toEqual([{ event: "call", value: 7 }]);
    await explain("GET", "/counted", ...live());
    const refused = await explain("GET", "/counted", ...live());
    expect(refused).toContain("refuses with 429 quota-exceeded");
    expect(refused).toContain("daily by route: 3 of 3 used, 0 left: too few, until ");
  }, 30_000);

  it("is told of credit that is not there", async () => {
    const text = await explain("GET", "/prepaid", ...live());
    expect(text).toContain("refuses with 402 credit-used-up");
    expect(text).toContain("credit: no 5 left; a balance of 0, of which 0 is reserved");
  });

  it("is told without a gateway, where nothing has been counted yet", async () => {
    const text = await explain("GET", "/counted");
    expect(text).toContain("daily by route: 1 of 3 used, 2 left, until ");
    expect(text).toContain("(its counter is empty here)");
    expect(text).toContain("counts 7 call, but not here");
    expect(text).toContain("1 s quota daily the counters' own time limit");
    expect(text).toContain("700 ms concurrency 2-at-once its queue and the permits' store");
    expect(text).toContain("1 s concurrency 10-at-once its queue and the permits' store");
    const prepaid = await explain("GET", "/prepaid");
    expect(prepaid).toContain("credit: everybody has enough here");
  });

  it("is told of the steps of a composition one by one", async () => {
    const text = await explain("GET", "/parts");
    expect(text).toContain(
      `(upstream weak, step needed, ${TAKES}, it may refuse what it cannot bear, this as normal)`,
    );
    expect(text).toContain(
      `(upstream weak, step extra, ${TAKES}, it may refuse what it cannot bear, this as an optional step)`,
    );
  });
});
