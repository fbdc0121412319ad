import { actions } from "../../../src/actions/registry.ts";
import { credentials } from "../../../src/identity/credentials/registry.ts";
import type { AccessRule } from "../../../src/identity/declare.ts";
import type { Blueprint } from "../../../src/manifest/blueprint.ts";
import { defineGateway, type Route } from "../../../src/manifest/define.ts";
import { defineRoutes, externalAuth, upstream } from "../../../src/manifest/index.ts";
import { policies } from "../../../src/policies/registry.ts";
import { asLine, build, manifestOf } from "../../manifest/compiler/judge.ts";
import { type Given, runGateway, type Sent } from "../../support/in-process.ts";

type Options = Parameters<typeof externalAuth>[0];

const origin = upstream("origin", { origin: "https://origin.example" });
const service = upstream("auth", { origin: "https://auth.example/base", timeout: "200ms" });

/** What the tests' service is asked, unless it is said otherwise. */
export const ASKED: Options = {
  upstream: service,
  path: "/verify",
  forwardHeaders: ["Authorization", "Cookie"],
  identity: { subject: "X-Auth-User", scopes: "X-Auth-Scopes", roles: "X-Auth-Roles" },
};

/** What it says of Ada. */
export const ALLOWED = { "x-auth-user": "ada", "x-auth-scopes": "read write", "x-auth-roles": "staff,root" };

/** The answer of a service that lets Ada pass. */
export const allow = (headers: Record<string, string> = {}) =>
  new Response("nobody's business", { headers: { ...ALLOWED, ...headers } });

/** A request that presents something. */
export const bearer = { headers: { authorization: "Bearer good" } };

/** What a client sees of a refusal. */
export async function problemOf(response: Response) {
  const { code } = await response.json<{ code: string }>();
  return [response.status, code, response.headers.get("www-authenticate")];
}

/** The build's findings of a route behind the credential. Node only. */
export function judged(options: Partial<Options> = {}, more: object = {}) {
  const credential = externalAuth({ ...ASKED, ...options });
  return build(manifestOf(gateway(credential, more, "GET"))).findings.map(asLine);
}

/**
 * A gateway, judged and compiled, with one route behind a service, whose answers the test plays. Node only.
 * @param access makes of the credential what the route asks for
 */
export function guarded(
  answer: (sent: Sent) => Response | Promise<Response>,
  options: Partial<Options> = {},
  more: {
    readonly access?: (credential: ReturnType<typeof externalAuth>) => AccessRule;
    /** Of the route. Default `ANY`. */
    readonly method?: string;
  } & Partial<Omit<Route, "access">> = {},
  given: Omit<Given, "defaults" | "origin"> = {},
) {
  const { access = (credential) => credential, method, ...rest } = more;
  const declared = gateway(access(externalAuth({ ...ASKED, ...options })), rest, method);
  const { compiled, findings } = build(manifestOf(declared));
  if (findings.length > 0) throw new Error(findings.map(asLine).join("\n"));
  const { hash, trie, when, routes, unmatched, upstreams } = compiled;
  const blueprint = {
    ...{ hash, trie, routes, unmatched, upstreams },
    when: JSON.parse(when),
    policies: compiled.policies,
    credentials: compiled.credentials,
    version: "version",
    development: true,
    stores: { counters: "memory", responses: "memory" },
    modules: { policies, actions, credentials },
    values: [],
  } as unknown as Blueprint;
  const { sent, ...running } = runGateway(blueprint, {
    env: { SESSION_SECRET: "a secret of at least thirty-two bytes" },
    ...given,
    origin: (call) => (call.url.startsWith("https://auth.example") ? answer(call) : new Response()),
  });
  const to = (host: string) => sent.filter(({ url }) => new URL(url).host === host);
  return { ...running, asked: () => to("auth.example"), passed: () => to("origin.example") };
}

function gateway(access: AccessRule, more: object, method = "ANY") {
  const route = { access, forward: { upstream: origin }, ...more } as Route;
  return defineGateway({ routes: [defineRoutes({}, { [`${method} /orders/*`]: route } as never)] });
}
