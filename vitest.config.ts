import { execFileSync } from "node:child_process";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

// The plugin does not run wrangler's [build]: the entry that the tests import is made here.
execFileSync(process.execPath, ["scripts/run.mjs", "build", "--development"], {
  stdio: ["ignore", "inherit", "inherit"],
});

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
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.node.test.ts"],
          // One workerd for all files instead of one each: names of counters and keys are the tests' own.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: { name: "node", include: ["test/**/*.node.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
      },
    ],
  },
});
