import type { RequestContext } from "../../context.ts";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import { contains, type Network, parseAddress, parseNetwork } from "../../http/network.ts";
import { webOriginTest } from "../../http/web-origin.ts";
import type { KeyGrant } from "../../stores/consumers/consumer.ts";

/** Refuses a request that a key may not be used for. */
export type Restriction = (ctx: RequestContext) => Refusal | undefined;

/** Makes ready where a key may be used; undefined where that is everywhere. What cannot be read lets nobody in. */
export function restrictionOf({ routes, addresses, origins }: KeyGrant): Restriction | undefined {
  const tests = [
    ...(routes === undefined ? [] : [routeTest(routes)]),
    ...(addresses === undefined ? [] : [addressTest(addresses)]),
    ...(origins === undefined ? [] : [originTest(origins)]),
  ];
  if (tests.length === 0) return undefined;
  return (ctx) => {
    for (const test of tests) {
      const refusal = test(ctx);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  };
}

/** By the route as it is declared, not by the path: two spellings of a path are one route. */
function routeTest(routes: readonly string[]): Restriction {
  const allowed = routes.map((route) => {
    const [method = "", pattern = ""] = route.split(/ (.*)/s);
    return { method, pattern, below: pattern.endsWith("/*") ? pattern.slice(0, -1) : undefined };
  });
  return ({ method, plan }) => {
    const asked = method === "HEAD" ? "GET" : method;
    const { pattern } = plan.facts;
    const isAllowed = allowed.some(
      (route) =>
        (route.method === "*" || route.method === asked) &&
        (route.pattern === pattern || (route.below !== undefined && pattern.startsWith(route.below))),
    );
    return isAllowed ? undefined : refuse("insufficient-rights", { cause: "the key is not for this route" });
  };
}

function addressTest(addresses: readonly string[]): Restriction {
  const networks = addresses.map(parseNetwork).filter((network): network is Network => network !== undefined);
  return ({ address }) => {
    const parsed = parseAddress(address);
    if (parsed !== undefined && networks.some((network) => contains(network, parsed))) return undefined;
    return refuse("insufficient-rights", { cause: "the key is not for this address" });
  };
}

/** A request without `Origin` may come from anywhere, so it is not from one of these. */
function originTest(origins: readonly string[]): Restriction {
  const isAllowed = webOriginTest(origins);
  return ({ request }) => {
    const origin = request.headers.get("origin");
    if (origin !== null && isAllowed(origin)) return undefined;
    return refuse("origin-not-allowed", { cause: "the key is not for this web origin" });
  };
}
