import { describe, expect, it } from "vitest";
import { serveGateway } from "../support/gateway.ts";
import { ask } from "../support/raw-http.ts";
import { type Made, PREFIX, serveKeys, variables } from "./key-holders.ts";

const { served, get, admin, register } = serveKeys();

describe("the admin API", () => {
  it("is for operators", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["POST", ""],
      ["GET", "/audit"],
      ["POST", "/x/keys"],
    ] as const) {
      const target = `/_gateway/consumers${path}`;
      const none = await get(target, { method });
      const wrong = await get(target, { method, headers: { authorization: "Bearer guess" } });
      expect([none.status, wrong.status]).toEqual([401, 401]);
      expect(none.header("www-authenticate")).toContain("Bearer");
    }
    const { secret } = await register();
    expect(
      (await get("/_gateway/consumers", { headers: { authorization: `Bearer ${secret}` } })).status,
    ).toBe(401);
  });

  it("says what is wrong, and where", async () => {
    const answer = await admin("POST", "", { roles: ["a", 3] });
    expect([answer.status, answer.header("content-type")]).toEqual([400, "application/problem+json"]);
    expect(answer.json()).toMatchObject({ code: "malformed-body", field: "roles[1]" });
  });
});

describe("the registry", () => {
  it("is intact after the process was killed amid writes: what was confirmed is there, each with its line", async () => {
    const first = await serveGateway(served.built, variables(served.origin.url));
    const confirmed = new Map<string, string>();
    let writing = true;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; writing; n++) {
        const id = `c-${writer}-${n}`;
        const created = await admin("POST", "", { id }, {}, first).catch(() => undefined);
        if (created?.status !== 201) return;
        const made = await admin("POST", `/${id}/keys`, { prefix: PREFIX }, {}, first).catch(() => undefined);
        confirmed.set(id, made?.status === 201 ? made.json<Made & Record<string, unknown>>().secret : "");
      }
    });
    await expect.poll(() => confirmed.size, { timeout: 20_000, interval: 5 }).toBeGreaterThan(100);
    // SIGKILL.
    await first.stop();
    writing = false;
    await Promise.all(writers);

    const second = await serveGateway(served.built, variables(served.origin.url), first);
    try {
      const all = async <T>(path: string, name: string) => {
        const found: T[] = [];
        for (let after = ""; ; ) {
          const part = await admin("GET", `${path}?limit=500${after}`, undefined, {}, second);
          const body = part.json<Record<string, unknown>>();
          found.push(...(body[name] as T[]));
          if (body.next === undefined) return found;
          after = `&after=${String(body.next)}`;
        }
      };
      const consumers = (await all<{ id: string }>("", "consumers")).map(({ id }) => id);
      const lines = await all<{ number: number; action: string; consumer: string; key?: string }>(
        "/audit",
        "lines",
      );
      for (const id of confirmed.keys()) expect(consumers).toContain(id);
      const created = lines
        .filter(({ action }) => action === "consumer.create")
        .map(({ consumer }) => consumer);
      expect(created.toSorted()).toEqual(consumers.toSorted());
      expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => lines.length - index));
      const keys = new Set(lines.filter(({ action }) => action === "key.create").map(({ key }) => key));
      for (const [id, secret] of [...confirmed].slice(-40)) {
        const held = (await admin("GET", `/${id}`, undefined, {}, second)).json<{
          keys: Array<{ id: string }>;
        }>();
        for (const key of held.keys) expect(keys).toContain(key.id);
        if (secret === "") continue;
        const answer = await ask(second.port, "/plain", { headers: { "x-api-key": secret } });
        expect(answer.status).toBe(200);
      }
    } finally {
      await second.stop();
    }
  });
});
