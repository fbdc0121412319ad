import { describe, expect, it, vi } from "vitest";
import { Budget } from "../../../src/budget.ts";
import type { Deps } from "../../../src/deps.ts";
import { env, secret } from "../../../src/env.ts";
import {
  create,
  type IntrospectionOptions,
  options,
} from "../../../src/identity/credentials/introspection.ts";
import type { Requirements } from "../../../src/identity/declare.ts";
import { createMemoryNonces } from "../../../src/stores/nonces/memory.ts";
import { upstream as declareUpstream } from "../../../src/upstream/declare.ts";
import type { Upstream } from "../../../src/upstream/upstream.ts";
import { hash, holder } from "../dpop/support.ts";
import {
  AUDIENCE,
  bearing,
  clock,
  context,
  ISSUER,
  identity,
  NOW,
  refusal,
  running,
  SECONDS,
  shown,
} from "../support.ts";

const written: IntrospectionOptions = {
  upstream: declareUpstream("login", { origin: ISSUER }),
  path: "/introspect",
  clientId: "gate way",
  clientSecret: secret("p:w"),
  issuer: ISSUER,
  audience: [AUDIENCE, "other"],
};
const ACTIVE = {
  active: true,
  sub: "ada",
  aud: AUDIENCE,
  iss: ISSUER,
  exp: SECONDS + 600,
  scope: "read write",
};

/** A credential whose server the test answers for. */
function introspecting(more: Partial<IntrospectionOptions> = {}, requirements: Requirements = {}) {
  const now = clock();
  const state = { answer: ACTIVE as unknown };
  const respond = async (): Promise<Response> => Response.json(state.answer);
  const send = vi.fn<Upstream["send"]>(respond);
  const resolved = running(options().parse({ ...written, ...more }), { name: "login", send });
  const deps = { now, nonces: createMemoryNonces(now) } as unknown as Deps;
  const credential = create(resolved as Parameters<typeof create>[0], requirements, { deps });
  return {
    now,
    state,
    send,
    credential,
    present: (token = "opaque") =>
      credential.verify(Object.assign(bearing(token), { budget: new Budget(now() + 30_000) })),
  };
}

describe("an active token", () => {
  it("is told from the caller's others by its id, where the server tells one", async () => {
    const { state, present } = introspecting();
    expect(identity(await present("one")).key).toBeUndefined();
    state.answer = { ...ACTIVE, jti: "token-1" };
    expect(identity(await present("other")).key).toBe(`${ISSUER}#token-1`);
  });

  it("says who calls, as the server tells it", async () => {
    const { present } = introspecting({ rolesClaim: "realm.roles", consumerClaim: "org", planClaim: "tier" });
    expect(identity(await present())).toMatchObject({
      id: `${ISSUER}#ada`,
      subject: "ada",
      issuer: ISSUER,
      scopes: ["read", "write"],
      credential: "introspection",
      expiresAt: (SECONDS + 610) * 1_000,
    });
    const more = introspecting({ rolesClaim: "realm.roles", consumerClaim: "org", planClaim: "tier" });
    more.state.answer = { ...ACTIVE, realm: { roles: ["clerk"] }, org: "acme", tier: "gold" };
    const who = identity(await more.present());
    expect(who).toMatchObject({ roles: ["clerk"], consumer: "acme", plan: "gold" });
    expect(who.claims).not.toHaveProperty("active");
  });

  it("is asked about as RFC 7662 has it, with nothing of the caller but the token", async () => {
    const { present, send } = introspecting();
    await present("a.b-c~d+e/f==");
    const [request] = send.mock.calls[0]!;
    expect(request).toMatchObject({ method: "POST", path: "/introspect", search: "" });
    expect(request.body).toBe("token=a.b-c%7Ed%2Be%2Ff%3D%3D&token_type_hint=access_token");
    expect(Object.fromEntries(request.headers)).toEqual({
      accept: "application/json",
      authorization: `Basic ${btoa("gate+way:p%3Aw")}`,
      "content-type": "application/x-www-form-urlencoded",
    });
  });

  it("is asked about once by all that present it, and not again while the answer is young", async () => {
    const { now, present, send } = introspecting();
    const [first, ...others] = await Promise.all([present(), present(), present()]);
    for (const other of others) expect(other).toBe(first);
    expect(present()).toBe(first);
    now.advance(29_999);
    expect(present()).toBe(first);
    expect(send).toHaveBeenCalledTimes(1);
    now.advance(1);
    identity(await present());
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("is refused within the bound once it is revoked", async () => {
    const { now, state, present } = introspecting({ maxAge: "5s" });
    identity(await present());
    state.answer = { active: false };
    now.advance(5_000);
    expect(refusal(await present()).code).toBe("credential-invalid");
  });

  it("is never gone by beyond its own end", async () => {
    const { now, state, present, send } = introspecting({ maxAge: "10m", tolerance: "0s" });
    state.answer = { ...ACTIVE, exp: SECONDS + 60 };
    identity(await present());
    now.advance(60_000);
    const { body } = await shown(await present());
    expect(body).toMatchObject({ detail: "The token has expired" });
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("need not say when it ends, nor which issuer it is of", async () => {
    const { state, present } = introspecting();
    state.answer = { active: true, client_id: "worker", aud: [AUDIENCE] };
    const who = identity(await present());
    expect([who.id, who.expiresAt]).toEqual([`${ISSUER}?client#worker`, undefined]);
  });

  it("may grant too little", async () => {
    const { credential, present } = introspecting({}, { scopes: ["admin"] });
    const { status, challenge } = await shown(await present());
    expect([status, challenge]).toEqual([403, expect.stringContaining('scope="admin"')]);
    expect(credential.withheld).toEqual(["authorization"]);
    expect(introspecting({ forwardToken: true }).credential.withheld).toEqual([]);
  });
});

describe("a token", () => {
  it.each<[string, object]>([
    ["is not active", { active: false }],
    ["is of another issuer", { ...ACTIVE, iss: `${ISSUER}/` }],
    ["is for another audience", { ...ACTIVE, aud: "https://else.example" }],
    ["is for nobody", { ...ACTIVE, aud: undefined }],
    ["is for nonsense", { ...ACTIVE, aud: { [AUDIENCE]: true } }],
    ["has expired", { ...ACTIVE, exp: SECONDS - 11 }],
    ["ends at no time", { ...ACTIVE, exp: "tomorrow" }],
    ["is not valid yet", { ...ACTIVE, nbf: SECONDS + 60 }],
    ["speaks for nobody", { ...ACTIVE, sub: undefined }],
    ["speaks for an empty name", { ...ACTIVE, sub: "" }],
    ["is bound to a key", { ...ACTIVE, cnf: { jkt: "x" } }],
  ])("that %s is refused, and not asked about again for five seconds", async (_, answer) => {
    const { now, state, present, send } = introspecting();
    state.answer = answer;
    const { status, challenge } = await shown(await present());
    expect([status, challenge]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
    now.advance(4_999);
    refusal(await present());
    expect(send).toHaveBeenCalledTimes(1);
    state.answer = ACTIVE;
    now.advance(1);
    identity(await present());
  });

  it("for which no audience is told is good only where that is declared", async () => {
    const { state, present } = introspecting({ audience: false });
    state.answer = { ...ACTIVE, aud: undefined };
    identity(await present());
  });

  it("that is none is refused unasked", async () => {
    const { credential, present, send } = introspecting({ maxTokenSize: "512B" });
    expect(await credential.verify(context())).toBeUndefined();
    expect(await credential.verify(context({ headers: { authorization: "Basic YTpi" } }))).toBeUndefined();
    refusal(await present("two tokens"));
    refusal(await present("x".repeat(513)));
    expect(send).not.toHaveBeenCalled();
  });
});

describe("a server", () => {
  it.each<[string, () => Promise<Response>]>([
    ["cannot be reached", () => Promise.reject(new Error("refused"))],
    ["fails", async () => new Response("no", { status: 500 })],
    ["does not know the gateway", async () => new Response("{}", { status: 401 })],
    ["sends a page", async () => new Response("<html>")],
    ["says nothing", async () => new Response("{}")],
    ["says it in words", async () => Response.json({ ...ACTIVE, active: "true" })],
    ["sends a list", async () => Response.json([ACTIVE])],
    ["redirects", async () => new Response(null, { status: 302, headers: { location: "/" } })],
    ["never ends", async () => Response.json({ ...ACTIVE, more: "x".repeat(65_536) })],
  ])("that %s lets nobody in, until it is well again", async (_, respond) => {
    const { state, present, send } = introspecting();
    send.mockImplementationOnce(respond);
    const failed = refusal(await present());
    expect(failed.code).toBe("verification-unavailable");
    expect(JSON.stringify(failed.details)).not.toContain("opaque");
    state.answer = ACTIVE;
    identity(await present());
  });

  it("that fails does not trouble tokens which are known", async () => {
    const { present, send } = introspecting();
    identity(await present());
    send.mockImplementation(() => Promise.reject(new Error("refused")));
    identity(await present());
    expect(refusal(await present("other")).code).toBe("verification-unavailable");
  });

  it("that does not answer is waited for no longer than the request has time", async () => {
    vi.useFakeTimers();
    try {
      const { credential, send } = introspecting();
      send.mockImplementation(() => new Promise(() => {}));
      const verdict = credential.verify(Object.assign(bearing("opaque"), { budget: new Budget(NOW + 200) }));
      await vi.advanceTimersByTimeAsync(200);
      expect(refusal(await verdict).code).toBe("verification-unavailable");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a token that its server calls bound", () => {
  it("is good with proof, each time", async () => {
    const ada = await holder();
    const { state, credential } = introspecting({ proofOfPossession: "dpop" });
    state.answer = { ...ACTIVE, cnf: { jkt: ada.thumbprint }, token_type: "DPoP" };
    const ask = async (proof: string) =>
      credential.verify(context({ path: "/orders", headers: { authorization: "DPoP opaque", dpop: proof } }));
    identity(await ask(await ada.proof("opaque")));
    identity(await ask(await ada.proof("opaque")));
    refusal(await ask(await ada.proof("opaque", { ath: await hash("other") })));
    expect(credential.withheld).toEqual(["authorization", "dpop"]);
    const unbound = introspecting({ proofOfPossession: "dpop" });
    const verdict = unbound.credential.verify(context({ headers: { authorization: "DPoP opaque" } }));
    expect(refusal(await verdict).details.cause).toBe("the token is not bound to a key");
  });
});

describe("the declaration", () => {
  it.each<[string, object]>([
    ["clientSecret", { clientSecret: "hunter2" }],
    ["clientSecret", { clientSecret: env("S") }],
    ["clientId", { clientId: "" }],
    ["audience", { audience: undefined }],
    ["audience", { audience: true }],
    ["audience", { audience: [] }],
    ["issuer", { issuer: "https://login.example#a" }],
    ["path", { path: "introspect" }],
    ["maxAge", { maxAge: "1h" }],
    ["upstream", { upstream: "login" }],
  ])("is refused with a wrong %s", (name, more) => {
    const issues = options().safeParse({ ...written, ...more }).error?.issues ?? [];
    expect(issues.map(({ path }) => path[0])).toEqual([name]);
  });
});
