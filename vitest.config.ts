import { execFileSync } from "node:child_process";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

// The plugin does not run wrangler's [build]: the entry that the tests import is made here.
execFileSync(process.execPath, ["scripts/run.mjs", "build", "--development", "--whole"], {
  stdio: ["ignore", "inherit", "inherit"],
});

// Property tests find the same every time, unless they are asked to look elsewhere.
const seed = Number(process.env.ISOGATE_SEED ?? 20_261_121);
console.log(`Property tests begin at seed ${seed}; ISOGATE_SEED=N has them begin elsewhere.`);
const everywhere = { setupFiles: ["test/support/seed.ts"], provide: { seed } };

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { ISOGATE_ADMIN_SECRET: "the tests' own" } },
          }),
        ],
        test: {
          ...everywhere,
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.node.test.ts"],
          // One workerd for all files instead of one each: names of counters and keys are the tests' own.
          isolate: false,
          // A line logged in a Durable Object waits for a message to go with, and the run's end for the line.
          disableConsoleIntercept: true,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...everywhere,
          name: "node",
          include: ["test/**/*.node.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
