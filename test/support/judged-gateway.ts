import { actions } from "../../src/actions/registry.ts";
import type { Credential } from "../../src/identity/credential.ts";
import type { Blueprint } from "../../src/manifest/blueprint.ts";
import { defineGateway, type GatewayOptions } from "../../src/manifest/define.ts";
import { policies } from "../../src/policies/registry.ts";
import { asLine, build, manifestOf } from "../manifest/compiler/judge.ts";
import { ADA, type Given, runGateway } from "./in-process.ts";

/** Takes whoever presents anything for Ada. */
const anyToken: Credential = {
  challenge: "Test",
  withheld: ["authorization"],
  verify: ({ request }) => (request.headers.has("authorization") ? ADA : undefined),
};

/**
 * Judges, compiles and runs a manifest that is all data, in the test's own process. Node only.
 * Any token will do for its credentials.
 */
export function judgedGateway(options: GatewayOptions, given: Omit<Given, "defaults"> = {}) {
  const { compiled, findings } = build(manifestOf(defineGateway(options)));
  const wrong = [
    ...findings.map(asLine),
    ...compiled.values.map(({ expression }) => `a function: ${expression}`),
  ];
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  const {
    hash,
    trie,
    when,
    routes,
    policies: configured,
    unmatched,
    upstreams,
    credentials: declared,
  } = compiled;
  const blueprint: Blueprint = {
    hash,
    version: "version",
    development: true,
    stores: { counters: "memory", responses: "memory" },
    parts: {},
    modules: { policies, actions, credentials: { jwt: { create: () => anyToken } } },
    trie,
    when: JSON.parse(when),
    routes,
    policies: configured,
    unmatched,
    upstreams,
    credentials: declared,
    values: [],
  };
  return runGateway(blueprint, given);
}

/** A request whose URL nobody has parsed, as the runtime hands over what came on the wire. */
export function rawRequest(target: string, headers: Readonly<Record<string, string>> = {}): Request {
  const request = {
    url: `https://api.example${target}`,
    method: "GET",
    headers: new Headers(headers),
    body: null,
    signal: new AbortController().signal,
  };
  return request as unknown as Request;
}
