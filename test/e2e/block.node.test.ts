import { describe, expect, it } from "vitest";
import { serveGateway } from "../support/gateway.ts";
import { ask, type HttpRequest } from "../support/raw-http.ts";
import { bearing, PARTNER, signWithSecret } from "../support/tokens.ts";
import { serve } from "./served.ts";

const PARTNER_SECRET = "a secret that is at least as long as its hash";
const ISOGATE_ADMIN_SECRET = "operators only.7f3a91";
const variables = { PARTNER_SECRET, ISOGATE_ADMIN_SECRET };

const served = serve("block.ts", () => variables);

const token = (sub: string, more: object = {}) =>
  signWithSecret(PARTNER_SECRET, { iss: PARTNER, sub, ...more });

/** Calls of a client at this address. */
const from = (address: string, headers: Readonly<Record<string, string>> = {}): HttpRequest => ({
  headers: { "cf-connecting-ip": address, ...headers },
});
const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const status = async (path: string, init?: HttpRequest) => (await get(path, init)).status;

const admin = (method: string, query = "", body?: unknown, port = served.gateway.port) =>
  ask(port, `/_gateway/admin/blocks${query}`, {
    method,
    headers: { authorization: `Bearer ${ISOGATE_ADMIN_SECRET}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const put = (entry: object) =>
  admin("PUT", "", { list: "abuse", kind: "network", reason: "floods", ...entry });

describe("deny and allow lists", () => {
  it("are edited while the gateway runs, and hold at once where that was", async () => {
    const init = from("198.51.100.7");
    expect(await status("/open", init)).toBe(200);
    expect((await put({ value: "198.51.100.0/24" })).status).toBe(200);
    const answer = await get("/open", init);
    expect([answer.status, answer.json()]).toEqual([
      403,
      expect.objectContaining({ code: "blocked", title: "The request is not accepted" }),
    ]);
    expect(answer.text).not.toContain("floods");
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line.cause).toBe("abuse: network 198.51.100.0/24: floods");
    expect(await status("/open", from("198.51.101.7"))).toBe(200);
    expect((await admin("DELETE", "?list=abuse&kind=network&value=198.51.100.0/24")).status).toBe(204);
    await expect.poll(() => status("/open", init), { interval: 250, timeout: 15_000 }).toBe(200);
  });

  it("come before authentication, and know who was proved", async () => {
    const init = from("192.0.2.50", bearing(await token("eve")));
    expect(await status("/own", init)).toBe(200);
    await put({ kind: "identity", value: "https://partner.example#eve" });
    expect((await get("/own", init)).json().code).toBe("blocked");
    const other = from("192.0.2.50", bearing(await token("ada")));
    expect(await status("/own", other)).toBe(200);
    await put({ value: "192.0.2.50" });
    expect((await get("/own", from("192.0.2.50"))).json().code).toBe("blocked");
  });

  it("refuse one leaked token, by the name that the log has for it, and no other of its holder", async () => {
    const leaked = from("192.0.2.51", bearing(await token("ada", { jti: "token-7" })));
    const answer = await get("/own", leaked);
    expect(answer.status).toBe(200);
    const { key } = await served.gateway.line(answer.header("x-request-id"));
    expect(key).toBe("https://partner.example#token-7");
    expect((await put({ kind: "key", value: key, reason: "in a public repository" })).status).toBe(200);
    const refused = await get("/own", leaked);
    expect([refused.status, refused.json().code]).toEqual([403, "blocked"]);
    const line = await served.gateway.line(refused.header("x-request-id"));
    expect(line.cause).toBe(`abuse: key ${key}: in a public repository`);
    for (const more of [{ jti: "token-8" }, {}])
      expect(await status("/own", from("192.0.2.51", bearing(await token("ada", more))))).toBe(200);
    await admin("DELETE", `?list=abuse&kind=key&value=${encodeURIComponent(String(key))}`);
    await expect.poll(() => status("/own", leaked), { interval: 250, timeout: 15_000 }).toBe(200);
  });

  it("let in only the callers that they allow, once they have proved it", async () => {
    const ada = from("192.0.2.52", bearing(await token("ada")));
    expect(await status("/partners", ada)).toBe(403);
    await put({ list: "partners", kind: "identity", value: "https://partner.example#ada" });
    expect(await status("/partners", ada)).toBe(200);
    expect(await status("/partners", from("192.0.2.52", bearing(await token("eve"))))).toBe(403);
    expect(await status("/partners", from("192.0.2.52"))).toBe(401);
  });

  it("let in only whom they allow", async () => {
    const init = from("203.0.113.9");
    expect(await status("/inside", init)).toBe(403);
    await put({ list: "office", value: "203.0.113.0/24" });
    expect(await status("/inside", init)).toBe(200);
    expect(await status("/inside", from("203.0.112.9"))).toBe(403);
  });

  it("on trial refuse nobody", async () => {
    await put({ value: "192.0.2.60" });
    const answer = await get("/soon", from("192.0.2.60"));
    expect(answer.status).toBe(200);
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line.reported).toEqual([{ policy: "block", code: "blocked" }]);
  });

  it("take no entry that is none", async () => {
    for (const body of ["{", '"x"', '{"list":"abuse"}']) {
      const answer = await ask(served.gateway.port, "/_gateway/admin/blocks", {
        method: "PUT",
        headers: { authorization: `Bearer ${ISOGATE_ADMIN_SECRET}` },
        body,
      });
      expect([body, answer.status, answer.json().code]).toEqual([body, 400, "malformed-body"]);
    }
  });
});

describe("a ban", () => {
  it("comes with the third failure, for everything from there", async () => {
    const bad = from("192.0.2.70", bearing("no.good.token"));
    for (let i = 0; i < 3; i++) expect(await status("/own", bad)).toBe(401);
    await expect.poll(() => status("/own", bad), { interval: 50 }).toBe(403);
    expect(await status("/open", from("192.0.2.70"))).toBe(403);
    expect(await status("/open", from("192.0.2.71"))).toBe(200);
    const { entries } = (await admin("GET", "?list=bans")).json<{ entries: object[] }>();
    expect(entries).toEqual([
      expect.objectContaining({ kind: "network", value: "192.0.2.70", createdBy: "gateway" }),
    ]);
  });
});

describe("the lists and their log", () => {
  it("outlive a process that is killed", async () => {
    const first = await serveGateway(served.built, variables);
    const entry = { list: "abuse", kind: "asn", value: "64496", reason: "floods" };
    expect((await admin("PUT", "", entry, first.port)).status).toBe(200);
    await first.stop();
    const second = await serveGateway(served.built, variables, first);
    try {
      const { entries } = (await admin("GET", "", undefined, second.port)).json<{ entries: object[] }>();
      expect(entries).toEqual([expect.objectContaining(entry)]);
      const { changes } = (await admin("GET", "/changes", undefined, second.port)).json<{
        changes: object[];
      }>();
      expect(changes).toEqual([expect.objectContaining({ version: 1, action: "put" })]);
    } finally {
      await second.stop();
    }
  });
});
