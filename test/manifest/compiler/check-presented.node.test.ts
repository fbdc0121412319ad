import { describe, expect, it } from "vitest";
import {
  compose,
  env,
  jwt,
  secret,
  service,
  type UpstreamOptions,
  upstream,
} from "../../../src/manifest/index.ts";
import { build, manifestOf, mistakes, mistakesIn } from "./judge.ts";

/** What is wrong with an upstream of these options, without its name. */
function judge(options: object, others: Readonly<Record<string, unknown>> = {}): string[] {
  const api = upstream("api", { origin: "https://api.example", ...options } as UpstreamOptions);
  return mistakes({ routes: [] }, { api, ...others }).map((line) => line.replace(/^upstream "api" → /, ""));
}

const bearer = { bearer: { token: secret("SESSION_SECRET") } };

describe("an upstream's credential", () => {
  it("is one of the kinds", () => {
    const kinds = "is one of apiKey, awsSignature, basic, bearer, clientCredentials, hmac";
    expect(judge({ credential: bearer })).toEqual([]);
    for (const credential of [{}, { ...bearer, basic: {} }, "bearer", null, []]) {
      expect(judge({ credential })[0]).toContain("credential: is one of apiKey");
    }
    expect(judge({ credential: { baerer: {} } })[0]).toMatch(/ \[Did you mean "bearer"\?\]$/);
    expect(judge({ credential: {} })[0]).toContain(kinds.slice(0, 20));
  });

  it("has its own options, and secrets that a deployment cannot forget", () => {
    expect(judge({ credential: { bearer: { token: "plain", more: 1 } } })).toEqual([
      'credential.bearer.token: must be secret("NAME"): secrets never stand in a manifest',
      'credential.bearer.more: unknown key "more"',
    ]);
    expect(judge({ credential: { bearer: { token: secret("SESION_SECRET") } } })).toEqual([
      'credential.bearer: the secret SESION_SECRET is not listed in wrangler.toml [Did you mean "SESSION_SECRET"?]',
    ]);
  });

  it("does not need a token of the upstream that it is for", () => {
    const chain: Record<string, ReturnType<typeof upstream>> = {};
    const through = (name: string, next: () => unknown) => {
      chain[name] = upstream(name, {
        origin: "https://a.example",
        get credential() {
          const tokenEndpoint = { upstream: next(), path: "/token" };
          return {
            clientCredentials: { tokenEndpoint, clientId: "a", clientSecret: secret("SESSION_SECRET") },
          };
        },
      } as UpstreamOptions);
    };
    through("own", () => chain.own);
    through("first", () => chain.second);
    through("second", () => chain.first);
    const found = mistakes({ routes: [] }, chain);
    expect(found).toEqual(
      ["own", "first", "second"].map(
        (name) =>
          `upstream "${name}" → credential.clientCredentials.tokenEndpoint: is behind an upstream that needs a token of it first`,
      ),
    );
  });

  it("is compiled by its name, and its upstream is there though no route uses it", () => {
    const login = upstream("login", { origin: "https://login.example" });
    const tokenEndpoint = { upstream: login, path: "/token" };
    const credential = {
      clientCredentials: { tokenEndpoint, clientId: env("ID"), clientSecret: secret("SESSION_SECRET") },
    };
    const api = upstream("api", { origin: "https://api.example", credential });
    const { compiled, findings } = build(manifestOf({ kind: "gateway", options: { routes: [] } }, { api }));
    expect(findings).toEqual([]);
    expect(compiled.presenterNames).toEqual(["clientCredentials"]);
    expect(Object.keys(compiled.upstreams).toSorted()).toEqual(["api", "login"]);
    expect(compiled.variables.toSorted()).toEqual(["ID", "SESSION_SECRET"]);
    expect(JSON.parse(compiled.upstreams.api!)).toMatchObject({
      name: "api",
      presents: [["clientCredentials", { clientSecret: { $env: "SESSION_SECRET", secret: true } }]],
    });
  });
});

describe("a client certificate", () => {
  it("is one that wrangler.toml has, for an https URL", () => {
    expect(judge({ certificate: "BANK_CERT" })).toEqual([]);
    expect(judge({ certificate: "BANK_CERT", origin: env("BANK_URL") })).toEqual([]);
    expect(judge({ certificate: "BANC_CERT" })).toEqual([
      'certificate: wrangler.toml has no client certificate "BANC_CERT" [Did you mean "BANK_CERT"?]',
    ]);
    expect(judge({ certificate: "OTHER" })).toEqual([
      'certificate: wrangler.toml has no client certificate "OTHER" [Add [[mtls_certificates]] with binding = "OTHER".]',
    ]);
    for (const origin of ["http://bank.example", service("BILLING"), { fetch: () => new Response() }]) {
      expect(judge({ certificate: "BANK_CERT", origin })).toEqual([
        "certificate: is presented to an https URL only",
      ]);
    }
  });
});

describe("a token of the caller's", () => {
  it("is exchanged where there is a caller, and an answer for them alone", () => {
    const tokenEndpoint = { url: "https://login.example/token" };
    const crm = upstream("crm", {
      origin: "https://crm.example",
      credential: {
        tokenExchange: { tokenEndpoint, clientId: "gateway", clientSecret: secret("SESSION_SECRET") },
      },
    });
    const customer = jwt({
      issuers: {
        issuer: "https://login.example",
        audience: "shop",
        keys: { url: "https://login.example/keys" },
      },
    });
    const forward = { upstream: crm };
    const steps = compose({ a: { upstream: crm, path: "/a" } });
    expect(
      mistakesIn({
        "GET /good": { access: customer, forward },
        "GET /open": { access: "public", forward },
        "GET /composed": { access: "public", compose: steps },
        "GET /cached": { access: customer, cache: { ttl: "1m", key: { identity: true } }, forward },
      }),
    ).toEqual([
      ...["GET /open → forward", "GET /composed → compose"].map(
        (place) =>
          `${place}: the upstream "crm" takes the caller's token, and a public route has no caller [Give the route a credential as its access.]`,
      ),
      'GET /cached → forward: the upstream "crm" takes the caller\'s token, which decides no answer that is cached',
    ]);
  });
});

describe("the subrequests of a route", () => {
  it("are those for tokens too, and those that a refused token makes necessary", () => {
    const tokenEndpoint = { url: "https://login.example/token" };
    const crm = upstream("crm", {
      origin: "https://crm.example",
      credential: {
        clientCredentials: { tokenEndpoint, clientId: "a", clientSecret: secret("SESSION_SECRET") },
      },
    });
    const steps = (count: number) =>
      compose(
        Object.fromEntries(
          Array.from({ length: count }, (_, index) => [`s${index}`, { upstream: crm, path: `/${index}` }]),
        ),
      );
    const routes = (count: number) => ({ "GET /a": { access: "public", compose: steps(count) } });
    expect(mistakesIn(routes(24))).toEqual([]);
    expect(mistakesIn(routes(25))).toEqual([
      'GET /a: may make 52 subrequests; the free Workers plan allows 50 [Compose fewer steps, or say workersPlan: "paid".]',
    ]);
  });
});
