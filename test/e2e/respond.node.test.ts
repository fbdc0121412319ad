import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { ask } from "../support/raw-http.ts";

const gateways: Partial<Record<"production" | "development", BuiltGateway & ServedGateway>> = {};

beforeAll(async () => {
  const variables = { production: {}, development: { WRANGLER_COMMAND: "dev" } };
  await Promise.all(
    (["production", "development"] as const).map(async (kind) => {
      const built = await buildGateway("respond.ts", variables[kind]);
      gateways[kind] = { ...built, ...(await serveGateway(built)) };
    }),
  );
});
afterAll(async () => {
  for (const gateway of Object.values(gateways)) {
    await gateway.stop();
    await removeGateway(gateway);
  }
});

const get = (path: string, prefer?: string, kind: keyof typeof gateways = "development") =>
  ask(gateways[kind]!.port, path, prefer === undefined ? {} : { headers: { prefer } });

describe("an answer from a file", () => {
  it.each([
    ["/product", 200, "application/json", "product.json"],
    ["/page", 203, "text/html; charset=utf-8", "page.html"],
    ["/picture", 200, "image/png", "picture.png"],
    ["/typed", 200, "text/plain", "page.html"],
  ])("%s is the file, byte for byte", async (path, status, type, file) => {
    const answer = await get(path);
    expect([answer.status, answer.header("content-type")]).toEqual([status, type]);
    expect(answer.body).toEqual(await readFile(join(import.meta.dirname, "manifests/mocks", file)));
    expect((await ask(gateways.development!.port, path, { method: "HEAD" })).body).toHaveLength(0);
  });
});

describe("an answer of a schema", () => {
  it("is an example where there is one, and made up where there is none", async () => {
    expect((await get("/order")).json()).toEqual({
      id: 1,
      placed: "2026-01-15T09:30:00Z",
      lines: [{ product: "teapot" }, { product: "cup" }],
    });
    expect((await get("/zod")).json()).toEqual({
      id: "00000000-0000-4000-8000-000000000000",
      tags: ["string"],
    });
  });

  it("is made at build: neither zod nor the maker of values is in the Worker", async () => {
    const worker = await readFile(join(gateways.production!.directory, "out/worker.js"), "utf8");
    expect(worker).toContain("teapot");
    for (const foreign of ["ZodObject", "does not fit the pattern", "example.com"]) {
      expect(worker.includes(foreign), foreign).toBe(false);
    }
  });
});

describe("Prefer", () => {
  it("chooses in development", async () => {
    const example = await get("/product", "example=sold-out");
    expect([example.status, example.header("x-stock"), example.header("preference-applied")]).toEqual([
      200,
      "0",
      "example=sold-out",
    ]);
    expect((await get("/product", "code=404")).text).toBe("No such product.");
    const problem = await get("/product", "code=503, delay=10ms");
    expect([problem.status, problem.header("preference-applied")]).toEqual([503, "code=503, delay=10ms"]);
    expect(problem.json()).toMatchObject({ title: "Service Unavailable", status: 503 });
  });

  it("does nothing in production", async () => {
    for (const prefer of ["example=sold-out", "code=503", "delay=1h"]) {
      const answer = await get("/product", prefer, "production");
      expect([answer.status, answer.header("x-stock"), answer.header("preference-applied")]).toEqual([
        200,
        undefined,
        undefined,
      ]);
    }
  });

  it("never reaches what others are given", async () => {
    expect((await get("/cached", "code=503")).text).toBe("cached");
    expect((await get("/cached")).text).toBe("cached");
  });
});
