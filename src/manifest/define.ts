import type { ActionOptions } from "../actions/registry.ts";
import type { Access, AccessRule } from "../identity/declare.ts";
import type { PathPolicy } from "../match/path-policy.ts";
import type { Mode } from "../observe/report.ts";
import type { PolicyOptions, RepeatablePolicy } from "../policies/registry.ts";
import type { HooksOptions } from "../policies/transform/hooks.ts";
import type { CounterStoreName } from "../stores/counters/select.ts";
import type { Method, Params, RouteKey } from "./route-key.ts";

/** Policies by key. Some take a list too, such as two rate limits. */
export type Policies = {
  readonly [Key in keyof PolicyOptions]?:
    | PolicyOptions[Key]
    | (Key extends RepeatablePolicy ? ReadonlyArray<PolicyOptions[Key]> : never);
};

/** Settings that a route takes from its group, and a group from the gateway's `defaults`. */
export interface Inherited extends Omit<Policies, "access"> {
  /** Total time for the request until its answer's headers, such as `"10s"`. Default `"30s"`. */
  readonly deadline?: string;
}

/** What must hold beside path and method. Every part given must hold; within one, the value must equal. */
export interface When {
  /** Host name, or `*.example.com` for every name below it, in any case and script, without a port. */
  readonly host?: string;
  /** Header name → value, or `true` for present. */
  readonly header?: Readonly<Record<string, string | true>>;
  /** Query parameter → value, or `true` for present. */
  readonly query?: Readonly<Record<string, string | true>>;
  /** Cookie name → value, or `true` for present. */
  readonly cookie?: Readonly<Record<string, string | true>>;
  /** Media type of the body, such as `application/json` or `image/*`. */
  readonly content?: string;
  /**
   * Field of a JSON body, as a JSON Pointer such as `"/order/type"` (RFC 6901) → the value it equals, or
   * `{ present: true }`. The body is then read before the route is known: as much as the route's `bodyLimit`, by
   * default 1 MB, and a larger one is 413. Where it holds no JSON, or says another media type, this does not hold.
   */
  readonly body?: Readonly<Record<string, string | number | boolean | null | { readonly present: true }>>;
}

/** Exactly one action: what answers the route. */
type OneAction<P> = {
  [Name in keyof ActionOptions<P>]: { readonly [K in Name]: ActionOptions<P>[K] } & {
    readonly [K in Exclude<keyof ActionOptions<P>, Name>]?: never;
  };
}[keyof ActionOptions<P>];

/** What a route may write itself in place of what it inherits. */
interface Own<P> extends Omit<Inherited, "hooks"> {
  readonly hooks?: HooksOptions<P>;
}

/** One route: settings, policies and exactly one action. @typeParam P its path parameters. */
export type Route<P = Readonly<Record<string, string>>> = Own<P> &
  OneAction<P> & {
    /** One line for the table of routes and the portal. */
    readonly summary?: string;
    /** Who may call. Required here or on the group. */
    readonly access?: Access;
    readonly when?: When;
  };

/** What the routes of a group share. */
export interface Group<Prefix extends string> extends Inherited {
  /** Put before every route's path. Begins with `/`, does not end with it. */
  readonly prefix?: Prefix;
  readonly access?: Access;
}

/** A group of routes as declared. */
export interface RouteGroup {
  readonly kind: "routes";
  readonly group: Group<string>;
  readonly routes: Readonly<Record<string, unknown>>;
}

/** A rule for every route whose path falls under `match`; no route can weaken it. */
export interface RequireRule {
  /**
   * A path pattern, such as `/admin/*`, which covers `/admin` too. Paths fall under it in any case and with or
   * without a trailing slash, whatever `paths` says.
   */
  readonly match: string;
  /**
   * Must hold beside what the route itself asks. A public route under it asks this alone. Rights that no route may do
   * without are scopes and claims that it is called with, such as `staff({ scopes: ["admin"] })`: `authorize` is a route's.
   */
  readonly access: AccessRule;
  /** `report`: refuses nobody yet, and the access log says whom it would have. Default `enforce`. */
  readonly mode?: Mode;
}

/** The whole gateway. */
export interface GatewayOptions {
  readonly defaults?: Inherited;
  readonly require?: readonly RequireRule[];
  /** How the path of a request may differ from a route's and still meet it. */
  readonly paths?: {
    /**
     * `strict` (default): `/a` and `/a/` are two paths. `ignore`: either meets the route, and access, cache and
     * origin see the declared one. `redirect`: the other one is sent there with a 308.
     */
    readonly trailingSlash?: PathPolicy["trailingSlash"];
    /**
     * Of static segments: `sensitive` (default), or `insensitive`, where access, cache and origin see the declared
     * spelling. Values of parameters stay as sent, and their `{patterns}` tell cases apart.
     */
    readonly case?: PathPolicy["case"];
  };
  /** Groups of routes; their order never matters. */
  readonly routes: readonly RouteGroup[];
  /** Where counters and responses are kept. `memory` is one isolate's own, which is for tests and benches. */
  readonly stores?: {
    /**
     * `auto`: Upstash where its URL and token are set, else Durable Objects. `durable-objects` leaves Upstash's client
     * out of the bundle; `upstash` is never without it. `memory` is no global limit.
     */
    readonly counters?: CounterStoreName;
    /** `cache-api`: the Cache API of the data centre that answers. */
    readonly responses?: "cache-api" | "memory";
  };
  /** Decides how many subrequests a request may make: 50 on `free` (default), 10,000 on `paid`. */
  readonly workersPlan?: "free" | "paid";
}

/** The gateway as declared: the default export of the manifest. */
export interface GatewayDeclaration {
  readonly kind: "gateway";
  readonly options: GatewayOptions;
}

/** Declares the gateway. */
export function defineGateway(options: GatewayOptions): GatewayDeclaration {
  return { kind: "gateway", options };
}

/**
 * Declares a group of routes. A value is a route, or a list of routes with `when`, tried in order.
 * Path parameters are typed from the prefix and the key.
 */
export function defineRoutes<const Prefix extends string = "", K extends RouteKey = RouteKey>(
  group: Group<Prefix>,
  routes: { readonly [Key in K]: Route<Params<Prefix, Key>> | ReadonlyArray<Route<Params<Prefix, Key>>> },
): RouteGroup {
  return { kind: "routes", group, routes };
}

export type { Method, RouteKey };
