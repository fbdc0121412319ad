import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createConsumersAdmin } from "../../../src/admin/consumers/consumers.ts";
import { judgeAdmin } from "../../../src/admin/consumers/judge-admin.ts";
import { catalog, type ErrorCode } from "../../../src/errors/catalog.ts";
import { Refusal } from "../../../src/errors/refusal.ts";
import { generateKey } from "../../../src/identity/api-key/format.ts";
import { ADMIN_SCOPES, type AdminScope } from "../../../src/stores/consumers/admin-token.ts";
import { LINE_MS, MOST_LINES } from "../../../src/stores/consumers/audit-line.ts";
import { ONCE_MS } from "../../../src/stores/consumers/consumer-registry.ts";
import { createMemoryConsumers } from "../../../src/stores/consumers/memory.ts";
import { tableOf } from "../../support/markdown-tables.ts";

const PAGE = "consumers.md";
const registry = createMemoryConsumers();
const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
const calls = tableOf(PAGE, "The admin API").map(([call = "", needs = ""]) => {
  const [method = "", path = ""] = call.split(" ");
  return { method, path, needs };
});

// What Workers have and Node has not.
Object.assign(crypto.subtle, { timingSafeEqual });

describe("docs/consumers.md", () => {
  it("lists the calls that are served, and no others", () => {
    const app = createConsumersAdmin({ registry, now: () => 0, random, actorOf: () => "ada" });
    const served = app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replace(/(?<=.)\/$/, "")}`);
    expect(calls.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...new Set(served)].sort());
  });

  it.each(calls)("says what $method $path needs", async ({ method, path, needs }) => {
    const judge = (scopes: readonly AdminScope[]) =>
      judgeAdmin(
        { method, headers: new Headers({ authorization: `Bearer ${generateKey("isogate_admin", random)}` }) },
        path === "/" ? "" : path,
        {
          secret: "s",
          registry: { findToken: async () => ({ id: "t", name: "ada", scopes, createdAt: 0 }) },
          now: () => 0,
        },
      );
    if (needs === "the secret") {
      const app = createConsumersAdmin({ registry, now: () => 0, random, actorOf: () => "ada" });
      app.onError((error) => new Response(error.message, { status: 500 }));
      expect(await (await app.request(path, { method })).text()).toBe("insufficient-rights");
      return;
    }
    expect(ADMIN_SCOPES).toContain(needs);
    expect(await judge(ADMIN_SCOPES.filter((scope) => scope !== needs))).toBeInstanceOf(Refusal);
    expect(await judge([needs as AdminScope])).toBe("ada");
  });

  it("lists every scope, and errors by their status", () => {
    expect(tableOf(PAGE, "Admin tokens").map(([scope]) => scope)).toEqual([...ADMIN_SCOPES]);
    for (const [status, codes = ""] of tableOf(PAGE, "The admin API", 1))
      for (const [, code] of codes.matchAll(/([a-z-]{5,})/g))
        expect([code, catalog[code as ErrorCode]?.status]).toEqual([code, Number(status)]);
  });

  it("says for how long is kept what is kept", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs", PAGE), "utf8");
    expect(page).toContain(
      `kept for ${LINE_MS / 86_400_000} days, and no more than ${MOST_LINES.toLocaleString("en")} of them`,
    );
    expect([page.includes("is kept for a day"), ONCE_MS]).toEqual([true, 86_400_000]);
  });
});
