import { describe, expect, it } from "vitest";
import type { Deps } from "../../../src/deps.ts";
import { secret } from "../../../src/env.ts";
import { options as basicOptions } from "../../../src/identity/credentials/basic.ts";
import { options as hmacOptions } from "../../../src/identity/credentials/hmac.ts";
import { options as httpSignatureOptions } from "../../../src/identity/credentials/http-signature.ts";
import { options as introspectionOptions } from "../../../src/identity/credentials/introspection.ts";
import { options as jwtOptions } from "../../../src/identity/credentials/jwt.ts";
import { options as mtlsOptions } from "../../../src/identity/credentials/mtls.ts";
import { options as oidcOptions } from "../../../src/identity/credentials/oidc.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { TLS_CLIENT_AUTH } from "../../support/client-certificate.ts";
import { callers } from "../callers.ts";
import { registered } from "../consumers/support.ts";
import { CLIENT, TestGateway } from "../oidc/support.ts";
import { context, identity, refusal, shown } from "../support.ts";

const NAMED = ["basic", "hmac", "httpSignature", "introspection", "jwt", "mtls"] as const;
/** The test certificate names `orders`, everybody else calls for `acme`. */
const consumerOf = (type: (typeof NAMED)[number]) => (type === "mtls" ? "orders" : "acme");

/** A credential whose callers must be registered, and the registry beside it. */
function world(type: (typeof NAMED)[number], more: object = {}) {
  const registry = registered();
  const directory = registry.isolate();
  const deps: Partial<Deps> = { consumers: directory, now: registry.now };
  const { declare, naming, present } = callers[type];
  const credential = declare({ ...naming, registered: true, ...more }, deps);
  return { ...registry, directory, credential, ask: async () => credential.verify(await present()) };
}

describe.each(NAMED)("%s, where callers must be registered", (type) => {
  const id = consumerOf(type);

  it("lets in whoever is, with the registry's plan and roles", async () => {
    const { ask, addConsumer, askedFor } = world(type);
    await addConsumer(id, { plan: "gold", roles: ["partner"] });
    const who = identity(await ask());
    expect(who).toMatchObject({ consumer: id, plan: "gold", roles: ["partner"] });
    expect(identity(await ask())).toMatchObject({ id: who.id, plan: "gold" });
    expect(askedFor).toEqual([id]);
  });

  it("refuses whoever is suspended, unknown, or not to be told of", async () => {
    const { ask, addConsumer, directory, act, answeringOfConsumers, now } = world(type);
    expect(await shown(await ask())).toMatchObject({ status: 403, body: { code: "consumer-unknown" } });
    now.advance(5_000);
    await addConsumer(id);
    identity(await ask());
    await directory.registry.change(id, { suspended: true }, 1, act());
    expect(await shown(await ask())).toMatchObject({ status: 403, body: { code: "consumer-suspended" } });
    now.advance(30_000);
    answeringOfConsumers(() => Promise.reject(new Error("down")));
    expect(await shown(await ask())).toMatchObject({ status: 503, body: { code: "store-unavailable" } });
  });

  it("asks the registry nothing where it is not declared", async () => {
    const { declare, naming, present } = callers[type];
    const { askedFor, isolate } = registered();
    const who = identity(await declare(naming, { consumers: isolate() }).verify(await present()));
    expect([who.consumer, who.plan, askedFor]).toEqual([id, undefined, []]);
    expect(identity(await declare().verify(await present())).consumer).toBeUndefined();
  });
});

describe("whom no credential has proved", () => {
  it.each<[(typeof NAMED)[number], string]>([
    ["jwt", "Bearer a.b.c"],
    ["basic", `Basic ${btoa("acme:guess")}`],
    ["basic", `Basic ${btoa("stranger:guess")}`],
    ["hmac", 'HMAC key="acme", timestamp="1", signature="AAAA"'],
  ])("is told nothing of who is registered, and nobody is asked: %s %s", async (type, authorization) => {
    const { credential, addConsumer, askedFor } = world(type);
    await addConsumer("acme", { suspended: true });
    const verdict = await credential.verify(context({ headers: { authorization }, method: "GET" }));
    expect(refusal(verdict).code).toBe("credential-invalid");
    expect(askedFor).toEqual([]);
  });

  it("is told nothing either where only the proof is missing", async () => {
    const more = { issuers: { consumerClaim: "org" }, proofOfPossession: "dpop" };
    const { credential, addConsumer, askedFor } = world("jwt", more);
    await addConsumer("acme", { suspended: true });
    const ctx = await callers.jwt.present();
    const { authorization } = Object.fromEntries(ctx.request.headers);
    const dpop = context({ headers: { authorization: authorization!.replace("Bearer", "DPoP") } });
    expect(refusal(await credential.verify(dpop)).code).toBe("credential-invalid");
    expect(askedFor).toEqual([]);
  });
});

describe("a token, where callers must be registered", () => {
  it("that is known costs neither a question nor a turn of the event loop", async () => {
    const { credential, addConsumer } = world("jwt");
    await addConsumer("acme");
    const who = identity(await credential.verify(await callers.jwt.present()));
    expect(credential.verify(await callers.jwt.present())).toBe(who);
  });

  it("that names nobody is refused", async () => {
    for (const consumerClaim of ["nobody", "scope.x", "aud.0.x"]) {
      const { ask, askedFor } = world("jwt", { issuers: { consumerClaim } });
      expect(refusal(await ask()).code).toBe("consumer-unknown");
      expect(askedFor).toEqual([]);
    }
  });

  it("gives rights of its own, and roles where its issuer is trusted with them", async () => {
    const { directory, addConsumer } = world("jwt");
    await addConsumer("acme", { roles: ["partner"] });
    const deps = { consumers: directory };
    const naming = { issuers: { consumerClaim: "org", rolesClaim: "plan" }, registered: true };
    const reading = callers.jwt.declare(naming, deps, { scopes: ["read"] });
    const who = identity(await reading.verify(await callers.jwt.present()));
    expect([who.roles, who.scopes]).toEqual([["partner", "free"], ["read"]]);
    const writing = callers.jwt.declare(naming, deps, { scopes: ["write"] });
    expect(refusal(await writing.verify(await callers.jwt.present())).code).toBe("insufficient-rights");
  });
});

describe("a certificate", () => {
  const over = (more: object) => context({ cf: { tlsClientAuth: { ...TLS_CLIENT_AUTH, ...more } } });
  const named = async (consumerClaim: string, more: object = {}) =>
    identity(await callers.mtls.declare({ consumerClaim }).verify(over(more))).consumer;

  it("names a consumer by one of its attributes, if it has one of it", async () => {
    expect(await named("CN")).toBe("orders");
    expect(await named("serial")).toBe(TLS_CLIENT_AUTH.certSerial);
    for (const claim of ["san", "L", "cn", "constructor", "toString"])
      expect(await named(claim)).toBeUndefined();
    const two = { certSubjectDNRFC2253: "CN=orders,CN=other,O=Tea" };
    expect([await named("CN", two), await named("O", two)]).toEqual([undefined, "Tea"]);
  });
});

describe("whoever is declared by name", () => {
  it("is no consumer by what objects have anyway", async () => {
    const users = { constructor: secret("HASH"), acme: secret("HASH") };
    const credential = callers.basic.declare({ users, consumers: { acme: "acme" } });
    const authorization = `Basic ${btoa("constructor:correct horse")}`;
    const who = identity(await credential.verify(context({ headers: { authorization } })));
    expect([who.subject, who.consumer]).toEqual(["constructor", undefined]);
  });
});

describe("somebody who has logged in, where callers must be registered", () => {
  const login = { consumerClaim: "org", registered: true } as const;

  async function loggedIn(claims: object) {
    const { isolate, addConsumer, act, ...rest } = registered();
    const consumers = isolate();
    const gateway = new TestGateway(login, undefined, { consumers });
    const { provider } = gateway;
    const idToken = provider.idToken.bind(provider);
    provider.idToken = (more) => idToken({ ...more, ...claims });
    await gateway.logIn();
    return { ...rest, gateway, consumers, addConsumer, act };
  }

  it("has the registry's plan and roles, until the consumer is suspended", async () => {
    const { gateway, consumers, addConsumer, act } = await loggedIn({ org: "acme" });
    await addConsumer("acme", { plan: "gold", roles: ["partner"] });
    const { verdict } = await gateway.ask();
    expect(identity(verdict)).toMatchObject({ consumer: "acme", plan: "gold", roles: ["partner"] });
    await consumers.registry.change("acme", { suspended: true }, 1, act());
    expect(refusal((await gateway.ask()).verdict).code).toBe("consumer-suspended");
  });

  it("is refused where the provider names nobody, or nobody who is registered", async () => {
    for (const claims of [{}, { org: "stranger" }]) {
      const { gateway } = await loggedIn(claims);
      expect(refusal((await gateway.ask()).verdict).code).toBe("consumer-unknown");
    }
  });
});

describe("a declaration", () => {
  const issuer = { issuer: "https://a.example", audience: "a", keys: { secret: secret("SECRET") } };
  const introspected = {
    upstream: upstream("login", { origin: "https://login.example" }),
    path: "/introspect",
    clientId: "gateway",
    clientSecret: secret("SECRET"),
    issuer: "https://login.example",
    audience: false,
  };
  const faults = (result: { error?: { issues: ReadonlyArray<{ path: PropertyKey[]; message: string }> } }) =>
    result.error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
  const NAMELESS = "consumerClaim: is missing: by it registered knows which consumer calls";
  const PLANNED = "planClaim: cannot stand beside registered: the plan is the registry's";

  it("of tokens says by which claim the consumer is known, and leaves the plan to the registry", () => {
    const registered = true;
    const named = { consumerClaim: "org", planClaim: "tier" };
    const other = { ...issuer, issuer: "https://b.example" };
    const jwt = (...issuers: object[]) => faults(jwtOptions().safeParse({ issuers, registered }));
    expect(jwt({ ...issuer, consumerClaim: "org" })).toEqual([]);
    expect(jwt(issuer)).toEqual([`issuers.${NAMELESS}`]);
    expect(jwt({ ...issuer, consumerClaim: "org" }, { ...other, ...named })).toEqual([
      `issuers.1.${PLANNED}`,
    ]);
    const introspection = (more: object) =>
      faults(introspectionOptions().safeParse({ ...introspected, registered, ...more }));
    expect([introspection({}), introspection(named)]).toEqual([[NAMELESS], [PLANNED]]);
    expect(introspection({ ...named, registered: undefined })).toEqual([]);
    expect(faults(mtlsOptions().safeParse({ registered }))).toEqual([NAMELESS]);
    expect(faults(oidcOptions().safeParse({ ...CLIENT, registered }))).toEqual([NAMELESS]);
  });

  it("by names says of each whose it is", () => {
    const [a, b] = [secret("A"), secret("B")];
    const declarations = [
      (more: object) => basicOptions().safeParse({ users: { a, b }, ...more }),
      (more: object) => hmacOptions().safeParse({ keys: { a, b }, ...more }),
      (more: object) =>
        httpSignatureOptions().safeParse({ keys: { a: { secret: a }, b: { secret: b } }, ...more }),
    ];
    for (const declared of declarations) {
      const wrong = (more: object) => faults(declared(more));
      expect(wrong({ consumers: { a: "acme", b: "acme" }, registered: true })).toEqual([]);
      expect(wrong({ consumers: { a: "acme" } })).toEqual([]);
      expect(wrong({ consumers: { a: "acme" }, registered: true })).toEqual([
        "consumers: does not say which registered consumer these are: b",
      ]);
      expect(wrong({ registered: true })).toEqual([
        "consumers: does not say which registered consumer these are: a, b",
      ]);
      expect(wrong({ consumers: { c: "acme" } })).toEqual(["consumers.c: is no caller that is declared"]);
      expect(wrong({ consumers: { a: "" } })).toHaveLength(1);
    }
  });

  it("says how old what is known may be, or nothing of it", () => {
    const registered = (value: unknown) =>
      mtlsOptions().safeParse({ consumerClaim: "CN", registered: value });
    expect(registered(true).data?.registered?.staleness).toBe(30_000);
    expect(registered({ staleness: "1s" }).data?.registered?.staleness).toBe(1_000);
    expect(registered({ staleness: "5m" }).data?.registered?.staleness).toBe(300_000);
    for (const wrong of [
      false,
      {},
      null,
      "registered",
      { staleness: "999ms" },
      { staleness: "301s" },
      { stale: 1 },
    ])
      expect([wrong, registered(wrong).success]).toEqual([wrong, false]);
  });
});
