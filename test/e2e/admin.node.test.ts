import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalog } from "../../src/errors/catalog.ts";
import {
  type BuiltGateway,
  buildGateway,
  rebuild,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { ask, type HttpRequest, rawGet } from "../support/raw-http.ts";

const SECRET = "operators only.7f3a91";
const PARTNER_SECRET = "a secret that is at least as long as its hash";
let built: BuiltGateway;
let open: ServedGateway;
let closed: ServedGateway;

beforeAll(async () => {
  built = await buildGateway("admin.ts");
  [open, closed] = await Promise.all([
    serveGateway(built, { PARTNER_SECRET, ISOGATE_ADMIN_SECRET: SECRET }),
    serveGateway(built, { PARTNER_SECRET, ISOGATE_ADMIN_SECRET: "" }),
  ]);
});

afterAll(async () => {
  await Promise.all([open?.stop(), closed?.stop()]);
  await removeGateway(built);
});

const get = (path: string, init?: HttpRequest) => ask(open.port, path, init);

describe("the gateway's own paths", () => {
  it("tell everybody that it lives, and which manifest it runs", async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, "../../package.json"), "utf8"));
    const health = await get("/_gateway/health");
    expect([health.status, health.json()]).toEqual([200, { status: "ok", version, manifest: built.hash }]);
    expect([health.header("cache-control"), health.header("x-content-type-options")]).toEqual([
      "no-store",
      "nosniff",
    ]);
    expect((await get("/_gateway/version")).json()).toEqual({ version, manifest: built.hash });
    expect((await get("/_gateway/errors")).json()).toEqual(JSON.parse(JSON.stringify(catalog)));
  });

  it("that there are not are 404, and no route takes them", async () => {
    for (const path of ["/_gateway", "/_gateway/", "/_gateway/nothing", "/_gateway/jwks.json"]) {
      const answer = await get(path);
      expect([path, answer.status, answer.header("content-type")]).toEqual([
        path,
        404,
        "application/problem+json",
      ]);
      expect(answer.json()).toMatchObject({ code: "route-not-found", requestId: expect.any(String) });
    }
    for (const path of ["/other", "/_gatewayfoo"]) {
      expect((await get(path)).json()).toEqual({ everything: path });
    }
  });

  it("for operators ask for the secret", async () => {
    const bare = await get("/_gateway/admin/manifest");
    expect([bare.status, bare.json().code]).toEqual([401, "credential-missing"]);
    expect(bare.header("www-authenticate")).toBe('Bearer realm="isogate admin"');
    for (const authorization of [
      `Bearer ${SECRET}!`,
      "Bearer x",
      `Basic ${SECRET}`,
      `Bearer ${SECRET.slice(1)}`,
      "Bearer undefined",
    ]) {
      const answer = await get("/_gateway/admin/manifest", { headers: { authorization } });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
    }
    const right = await get("/_gateway/admin/manifest", { headers: { authorization: `Bearer ${SECRET}` } });
    expect(right.status).toBe(200);
    expect(right.json()).toMatchObject({
      manifest: built.hash,
      routes: [
        { route: "GET /handled", authenticates: true, action: "handler" },
        { route: "ANY /*", authenticates: false, action: "handler" },
      ],
    });
    expect(right.text).not.toContain("PARTNER_SECRET");
  });

  it("for operators do not exist without a secret", async () => {
    for (const authorization of ["", "Bearer ", "Bearer undefined", `Bearer ${SECRET}`]) {
      expect(
        (await ask(closed.port, "/_gateway/admin/manifest", { headers: { authorization } })).status,
      ).toBe(404);
    }
    expect((await ask(closed.port, "/_gateway/health")).status).toBe(200);
  });

  it("have one spelling: another leads to the routes or nowhere", async () => {
    for (const path of [
      "/%5Fgateway/admin/manifest",
      "/x/../_gateway/admin/manifest",
      "//_gateway/admin/manifest",
    ]) {
      expect(await rawGet(open.port, path, `Authorization: Bearer ${SECRET}`)).not.toContain('"routes"');
    }
  });
});

describe("the manifest's fingerprint", () => {
  it("is the same for the same manifest, and another once a handler's source has changed", async () => {
    expect((await rebuild(built, "admin.ts")).hash).toBe(built.hash);
    const file = join(built.manifests, "admin.ts");
    const source = await readFile(file, "utf8");
    await writeFile(file, source.replace("42", "43"));
    const changed = await rebuild(built, "admin.ts");
    expect(changed.hash).toMatch(/^[0-9a-f]{16}$/);
    expect(changed.hash).not.toBe(built.hash);
  });
});
