import type { ActionOptions } from "../actions/registry.ts";
import type { Access, AccessRule } from "../identity/declare.ts";
import type { Mode } from "../observe/report.ts";
import type { PolicyOptions, RepeatablePolicy } from "../policies/registry.ts";
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
  /** Host name, or `*.example.com` for every name below it. */
  readonly host?: string;
  /** Header name → value, or `true` for present. */
  readonly header?: Readonly<Record<string, string | true>>;
  /** Query parameter → value, or `true` for present. */
  readonly query?: Readonly<Record<string, string | true>>;
  /** Cookie name → value, or `true` for present. */
  readonly cookie?: Readonly<Record<string, string | true>>;
  /** Media type of the body, such as `application/json` or `image/*`. */
  readonly content?: string;
}

/** Exactly one action: what answers the route. */
type OneAction<P> = {
  [Name in keyof ActionOptions<P>]: { readonly [K in Name]: ActionOptions<P>[K] } & {
    readonly [K in Exclude<keyof ActionOptions<P>, Name>]?: never;
  };
}[keyof ActionOptions<P>];

/** One route: settings, policies and exactly one action. @typeParam P its path parameters. */
export type Route<P = Readonly<Record<string, string>>> = Inherited &
  OneAction<P> & {
    /** One line for the table of routes and the portal. */
    readonly summary?: string;
    /** Who may call. Required here or on the group. */
    readonly access?: Access;
    readonly when?: When;
    /** Passes a WebSocket upgrade to the upstream; other requests get 426. Default false. */
    readonly websocket?: boolean;
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
  /** A path pattern, such as `/admin/*`. */
  readonly match: string;
  /** Must hold beside what the route itself asks. A public route under it asks this alone. */
  readonly access: AccessRule;
  /** `report`: refuses nobody yet, and the access log says whom it would have. Default `enforce`. */
  readonly mode?: Mode;
}

/** The whole gateway. */
export interface GatewayOptions {
  readonly defaults?: Inherited;
  readonly require?: readonly RequireRule[];
  /** Groups of routes; their order never matters. */
  readonly routes: readonly RouteGroup[];
  /**
   * Where counters and responses are kept. `auto` (default): Upstash where its URL and token are set, else
   * Durable Objects; responses in the Cache API. `memory` is per isolate and no global limit: for benches.
   */
  readonly stores?: {
    readonly counters?: "auto" | "memory";
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
