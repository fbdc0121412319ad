import { suggest } from "../../schema/suggest.ts";
import { isUpstream, type UpstreamDeclaration } from "../../upstream/declare.ts";
import * as identityTokens from "../../upstream/presenters/identity-token.ts";
import { upstreamCredentials } from "../../upstream/presenters/registry.ts";
import type { UpstreamBlueprint } from "../blueprint.ts";
import { schemaOf } from "./check-policies.ts";
import type { CheckedRoute } from "./check-routes.ts";
import type { Findings } from "./finding.ts";
import { parse } from "./parse.ts";
import { isRecord } from "./settings.ts";

type Presents = NonNullable<UpstreamBlueprint["presents"]>;

/** Judges what an upstream puts on its requests. @returns it by presenters' names, in the order of the request */
export function checkPresented(
  declaration: UpstreamDeclaration,
  { credential, identityToken }: { readonly credential?: unknown; readonly identityToken?: unknown },
  findings: Findings,
): Presents {
  const told =
    identityToken === undefined
      ? undefined
      : parse(schemaOf(identityTokens), identityToken, findings.at("identityToken"));
  return [
    ...(told === undefined ? [] : [["identityToken", told] as const]),
    // Last, because it may sign what is there.
    ...(credential === undefined ? [] : checkCredential(declaration, credential, findings.at("credential"))),
  ];
}

function checkCredential(
  declaration: UpstreamDeclaration,
  credential: unknown,
  findings: Findings,
): Presents {
  const kinds = Object.keys(upstreamCredentials);
  const written = isRecord(credential) ? Object.keys(credential) : [];
  const [kind, ...others] = written;
  const module = Object.entries(upstreamCredentials).find(([name]) => name === kind)?.[1];
  if (kind === undefined || module === undefined || others.length > 0 || !isRecord(credential)) {
    const misspelt = written.find((name) => !kinds.includes(name));
    findings.add(`is one of ${kinds.join(", ")}`, misspelt && suggest(misspelt, kinds));
    return [];
  }
  const place = findings.at(kind);
  const options = parse(schemaOf(module), credential[kind], place);
  if (options === undefined) return [];
  if (asks(options, declaration, [])) {
    place.at("tokenEndpoint").add("is behind an upstream that needs a token of it first");
  }
  return [[kind, options]];
}

/** Whether options of a credential lead back to the upstream that they are for. */
function asks(options: unknown, wanted: UpstreamDeclaration, met: readonly unknown[]): boolean {
  if (met.includes(options)) return false;
  if (isUpstream(options)) {
    return options === wanted || asks(credentialOf(options), wanted, [...met, options]);
  }
  if (!isRecord(options)) return false;
  return Object.values(options).some((inner) => asks(inner, wanted, [...met, options]));
}

/** Reports routes that call an upstream in their caller's name, but have no caller, or an answer for others. */
export function checkExchanges(routes: readonly CheckedRoute[]): void {
  for (const { action, facts, policies, place } of routes) {
    for (const name of exchangingUpstreams(action.options)) {
      const here = place.at(action.name);
      if (!facts.authenticates) {
        here.add(
          `the upstream "${name}" takes the caller's token, and a public route has no caller`,
          "Give the route a credential as its access.",
        );
      } else if (policies.some((policy) => policy.name === "cache")) {
        here.add(`the upstream "${name}" takes the caller's token, which decides no answer that is cached`);
      }
    }
  }
}

/** Names of upstreams in an action's options whose credential is made of the caller's. */
function exchangingUpstreams(options: unknown): readonly string[] {
  if (isUpstream(options)) {
    const credential = credentialOf(options);
    return isRecord(credential) && "tokenExchange" in credential ? [options.name] : [];
  }
  if (Array.isArray(options)) return options.flatMap(exchangingUpstreams);
  return isRecord(options) ? Object.values(options).flatMap(exchangingUpstreams) : [];
}

/** What is judged elsewhere may be anything here. */
function credentialOf({ options }: { readonly options: unknown }): unknown {
  return isRecord(options) ? options.credential : undefined;
}
