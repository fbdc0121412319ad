import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { Traced } from "../../../src/explain/traced.ts";
import { serve } from "../../e2e/served.ts";
import { ask } from "../../support/raw-http.ts";
import { PARTNER, signWithSecret } from "../../support/tokens.ts";
import { argsOf, explain, explainedManifest, liveArgs, oneLine } from "./explained.ts";

const secret = "a secret that is at least as long as its hash";
const names = ["PARTNER", "WEBHOOK", "CLIENT", "SESSION", "AWS", "HMAC"].map((name) => `${name}_SECRET`);
const secrets: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...names, "ADA_HASH", "API_KEY", "AWS_SESSION"].map((name) => [name, secret])),
  ISOGATE_ADMIN_SECRET: "operators only.7f3a91",
};

const served = serve("explained.ts", ({ url }) => ({ ...secrets, ORIGIN: url }));
const say = (...commands: ReadonlyArray<readonly string[]>) => explain(served, secrets, commands);
const live = () => liveArgs(served);

let token: string;
beforeAll(async () => {
  const times = { iat: 1_700_000_000, exp: 4_000_000_000 };
  token = await signWithSecret(secret, { iss: PARTNER, scope: "read", jti: "token-7", ...times });
});

describe("what decided", () => {
  const bearer = () => `Authorization: Bearer ${token}`;

  it("over rights is the rule, with its condition", async () => {
    const allowed = oneLine((await say([...argsOf(["GET", "/judged", bearer()]), ...live()]))[0]!);
    expect(allowed).toContain(
      'rules.0 allows (its condition: the method is GET or HEAD and identity.scopes has "read")',
    );
    expect(allowed).toContain("by the key https://partner.example#token-7");
    const [eve = "", ada = ""] = await say(
      ["GET", "/judged", "--as", "eve"],
      ["GET", "/judged", "--as", "ada"],
    );
    expect(oneLine(eve)).toContain('rules.1 denies (its condition: identity.subject == "eve")');
    expect(oneLine(ada)).toContain(
      'no rule allows rules.0 would if the method is GET or HEAD and identity.scopes has "read"',
    );
  });

  it("over rights is counted too, be it yes or no", async () => {
    const init = { headers: { authorization: `Bearer ${token}` } };
    const [yes, no] = [
      await ask(served.gateway.port, "/judged", init),
      await ask(served.gateway.port, "/judged"),
    ];
    expect([yes.status, no.status]).toEqual([200, 401]);
    const counted = async () => {
      const answer = await ask(served.gateway.port, "/_gateway/admin/refusals", {
        headers: { authorization: `Bearer ${secrets.ISOGATE_ADMIN_SECRET}` },
      });
      const { counts } = answer.json<{
        counts: ReadonlyArray<{ route: string; policy: string; code: string }>;
      }>();
      return counts.filter(({ route }) => route === "GET /judged").map(({ policy, code }) => policy + code);
    };
    await expect
      .poll(counted, { interval: 500, timeout: 20_000 })
      .toEqual(expect.arrayContaining(["authorize: rules.0 allows", "credential-missing"]));
  }, 30_000);

  it("over who is blocked is the list, with the entry and its reason; a caller is told nothing of it", async () => {
    const put = (body: object) =>
      ask(served.gateway.port, "/_gateway/admin/blocks", {
        method: "PUT",
        headers: { authorization: `Bearer ${secrets.ISOGATE_ADMIN_SECRET}` },
        body: JSON.stringify({ kind: "identity", value: `${PARTNER}#ada`, ...body }),
      });
    expect((await put({ list: "partners", reason: "since May" })).status).toBe(200);
    const request = argsOf(["GET", "/listed", bearer()]);
    const allowed = oneLine((await say([...request, ...live()]))[0]!);
    expect(allowed).toMatch(/guard block \d+ ms not on abuse, partners /);
    expect(allowed).toContain(`on the list partners: identity ${PARTNER}#ada: since May`);
    await put({ list: "abuse", kind: "key", value: `${PARTNER}#token-7`, reason: "leaked" });
    const denied = JSON.parse((await say([...request, "--json", ...live()]))[0]!) as Traced;
    expect(denied.events.find(({ outcome }) => outcome === "refuses")).toMatchObject({
      phase: "authorize",
      name: "block",
      lists: [{ list: "abuse", entry: `key ${PARTNER}#token-7: leaked` }],
    });
    const answer = await ask(served.gateway.port, "/listed", {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([answer.status, answer.json().code]).toEqual([403, "blocked"]);
    for (const word of ["abuse", "leaked", "token-7", "list"]) expect(answer.text).not.toContain(word);
    expect(oneLine((await say(request))[0]!)).toContain("not on abuse, partners (lists are empty here)");
  });
});

describe("a command that is none", () => {
  it.each<readonly string[]>([
    ["GET", "judged?k=hidden-value"],
    ["GET /judged?k=hidden-value", "/judged"],
    ["GET", "/judged?k=hidden-value", "-H", "X-Shop hidden-value"],
    ["GET", "/judged?k=hidden-value", "-H", "X-Shop: hidden\nvalue"],
    ["GET", "http://ada:hidden@a.example/?k=hidden-value"],
    ["GET", "/judged?k=hidden-value", "-d", "hidden-body"],
  ])("%s %s does not repeat it", async (...args) => {
    const run = promisify(execFile)(process.execPath, [
      join(import.meta.dirname, "../../../scripts/explain.ts"),
      ...args,
      "--manifest",
      explainedManifest(served),
    ]);
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
    expect(stdout + stderr).not.toBe("");
    expect(stdout + stderr).not.toContain("hidden");
  });
});
