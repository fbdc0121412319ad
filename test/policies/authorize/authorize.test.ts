import { describe, expect, it } from "vitest";
import type { Identity } from "../../../src/identity/identity.ts";
import type { Route } from "../../../src/manifest/define.ts";
import type { AuthorizeRule } from "../../../src/policies/authorize/authorize.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { ADA, asAda, gatewayOf } from "../../support/in-process.ts";

const origin = upstream("origin", { origin: "https://origin.example" });

function gateway(
  rules: readonly AuthorizeRule[],
  more: Partial<Route> = {},
  identity: Partial<Identity> = {},
) {
  const route = { access: asAda, authorize: { rules }, forward: { upstream: origin }, ...more } as Route;
  return gatewayOf({ "ANY /orders/:id": route }, { identity: { ...ADA, ...identity } });
}

async function told(response: Response) {
  const { status } = response;
  if (status === 200) return { status };
  const { code, detail } = await response.json<{ code: string; detail?: string }>();
  return { status, code, ...(detail !== undefined && { detail }) };
}

const REFUSED = { status: 403, code: "insufficient-rights" };

describe("rules", () => {
  it("refuse where none of them decides, and no origin hears of it", async () => {
    const { ask, sent, lines } = gateway([{ allow: true, when: 'identity.subject == "grace"' }]);
    expect(await told(await ask("/orders/1"))).toEqual(REFUSED);
    expect(sent).toEqual([]);
    expect(lines[0]).toMatchObject({
      authorization: "no rule allows",
      cause: "authorize: no rule allows",
      fault: "client",
    });
  });

  it("are asked in order: the first that holds decides", async () => {
    const rules: AuthorizeRule[] = [
      { deny: true, when: 'request.params.id == "7"' },
      { allow: true, when: 'identity.subject == "ada"' },
      { deny: true, when: 'request.params.id != "8"' },
    ];
    const { ask, lines } = gateway(rules);
    expect((await ask("/orders/1")).status).toBe(200);
    expect(await told(await ask("/orders/7"))).toEqual(REFUSED);
    expect(lines.map(({ authorization }) => authorization)).toEqual(["rules.1 allows", "rules.0 denies"]);
    const turned = gateway(rules.toReversed());
    expect(await told(await turned.ask("/orders/1"))).toEqual(REFUSED);
  });

  it("are for the methods that they name, and GET covers HEAD", async () => {
    const { ask } = gateway([
      { allow: true, methods: ["GET"] },
      { allow: true, methods: ["POST", "PUT"], scopes: ["write"] },
    ]);
    const statuses = async (methods: string[]) =>
      Promise.all(methods.map(async (method) => (await ask("/orders/1", { method })).status));
    expect(await statuses(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])).toEqual([
      200, 200, 403, 403, 403, 403,
    ]);
    const writer = gateway(
      [{ allow: true, methods: ["POST"], scopes: ["write"] }],
      {},
      { scopes: ["write"] },
    );
    expect((await writer.ask("/orders/1", { method: "POST" })).status).toBe(200);
    expect((await writer.ask("/orders/1")).status).toBe(403);
  });

  it.each<[string, AuthorizeRule, Partial<Identity>, number]>([
    ["all of the scopes", { allow: true, scopes: ["a", "b"] }, { scopes: ["b", "c", "a"] }, 200],
    ["one of two scopes", { allow: true, scopes: ["a", "b"] }, { scopes: ["a"] }, 403],
    ["one of the roles", { allow: true, roles: ["staff", "root"] }, { roles: ["root"] }, 200],
    ["none of the roles", { allow: true, roles: ["staff", "root"] }, { roles: ["roo"] }, 403],
    ["no roles at all", { allow: true, roles: ["staff"] }, {}, 403],
    ["the claim", { allow: true, claims: { org: "tea" } }, { claims: { org: "tea" } }, 200],
    ["one of the values", { allow: true, claims: { org: ["tea", 7] } }, { claims: { org: 7 } }, 200],
    [
      "a list with the value",
      { allow: true, claims: { org: "tea" } },
      { claims: { org: ["x", "tea"] } },
      200,
    ],
    ["another value", { allow: true, claims: { org: ["tea", 7] } }, { claims: { org: "7" } }, 403],
    ["no such claim", { allow: true, claims: { toString: "x" } }, {}, 403],
    ["one of two claims", { allow: true, claims: { a: 1, b: true } }, { claims: { a: 1, b: "true" } }, 403],
    ["scope but not expression", { allow: true, scopes: ["read"], when: "false" }, {}, 403],
    ["scope and expression", { allow: true, scopes: ["read"], when: "true or false" }, {}, 200],
  ])("of a caller with %s decide %o", async (_, rule, identity, status) => {
    expect((await gateway([rule], {}, identity).ask("/orders/1")).status).toBe(status);
  });

  it("see address, host and scheme of the request, and who it is from", async () => {
    const own = gateway([
      { allow: true, when: 'request.address in cidr("10.0.0.0/8") and request.host == "api.example"' },
    ]);
    const from = (address: string) => own.ask("/orders/1", { headers: { "cf-connecting-ip": address } });
    expect((await from("10.9.8.7")).status).toBe(200);
    expect((await from("11.9.8.7")).status).toBe(403);
  });

  it("refuse what cannot be judged, whatever the rules after it say", async () => {
    const { ask, lines } = gateway([{ deny: true, when: 'request.query.as == "root"' }, { allow: true }]);
    expect((await ask("/orders/1?as=ada")).status).toBe(200);
    expect(await told(await ask("/orders/1?as=ada&as=root"))).toEqual(REFUSED);
    expect(lines[1]?.authorization).toBe(
      'rules.0 cannot be judged: the query parameter "as" is there more than once',
    );
  });

  it("hold for public routes too, where they are not about the caller", async () => {
    const open = gateway([{ allow: true, when: 'request.headers.x-a == "1"' }], { access: "public" });
    expect((await open.ask("/orders/1", { headers: { "x-a": "1" } })).status).toBe(200);
    expect((await open.ask("/orders/1")).status).toBe(403);
  });
});

describe("a reason", () => {
  const rules: AuthorizeRule[] = [
    { deny: true, when: 'request.params.id == "7"', reason: "Order 7 is closed." },
    { allow: true, methods: ["GET"], roles: ["reader"] },
    { allow: true, methods: ["POST"], roles: ["writer"], reason: "Ask for the role writer." },
    { allow: true, roles: ["admin"], reason: "Ask for the role admin." },
  ];

  it("is told to callers who are known, and is that of the method", async () => {
    const { ask } = gateway(rules);
    expect(await told(await ask("/orders/7"))).toEqual({ ...REFUSED, detail: "Order 7 is closed." });
    expect(await told(await ask("/orders/1"))).toEqual({ ...REFUSED, detail: "Ask for the role admin." });
    const posted = await told(await ask("/orders/1", { method: "POST" }));
    expect(posted).toEqual({ ...REFUSED, detail: "Ask for the role writer." });
  });

  it("is not told to anybody else", async () => {
    const { ask } = gateway([{ deny: true, reason: "Only from the office." }], { access: "public" });
    expect(await told(await ask("/orders/1"))).toEqual(REFUSED);
  });
});

describe("rules on trial", () => {
  it("refuse nobody, and the log says whom they would have", async () => {
    const rules = [{ allow: true as const, roles: ["staff"], reason: "Ask for the role staff." }];
    const { ask, lines } = gateway(rules, { authorize: { rules, mode: "report" } });
    expect((await ask("/orders/1")).status).toBe(200);
    expect(lines[0]).toMatchObject({
      authorization: "no rule allows",
      reported: [{ policy: "authorize", code: "insufficient-rights", reason: "Ask for the role staff." }],
    });
    expect(lines[0]?.code).toBeUndefined();
  });
});
