import type { EnvReference } from "../env.ts";
import type { Mode } from "../observe/report.ts";
import type { QueueOptions } from "../policies/admit/concurrency.ts";
import type { IdentityTokenOptions } from "./presenters/identity-token.ts";
import type { UpstreamCredential } from "./presenters/registry.ts";

/** What an in-process app is given beside the request. Never the raw environment. */
export interface AppBindings {
  /** True under `wrangler dev` and in tests. */
  readonly development: boolean;
  /** The gateway's own durable signing key, generated at first use. */
  readonly signingKey: SigningKey;
}

/** A signing key that lives in a Durable Object and never leaves it. */
export interface SigningKey {
  /** The public half, as a JWK set (RFC 7517 §5). */
  jwks(): Promise<{ keys: JsonWebKey[] }>;
  /** Signs a JWT with these claims. @param ttl lifetime in seconds. */
  sign(claims: Readonly<Record<string, unknown>>, ttl: number): Promise<string>;
}

/** Anything with `fetch`: an itty-router or Hono app, or your own object. */
export interface App {
  fetch(request: Request, bindings: AppBindings): Response | Promise<Response>;
}

/** A service binding of wrangler.toml, by name. Made by {@link service}. */
export interface ServiceReference {
  readonly service: string;
}

/** Where an upstream's requests go: a base URL (or its env name), a service binding, or an app in this Worker. */
export type Origin = string | EnvReference | ServiceReference | App;

/** An upstream as declared in the manifest. */
export interface UpstreamDeclaration {
  readonly kind: "upstream";
  readonly name: string;
  readonly options: UpstreamOptions;
}

/** Options of {@link upstream}. */
export interface UpstreamOptions {
  /** An absolute http(s) URL whose path, if any, is put before every request's path. */
  readonly origin: Origin;
  /** How long one call may take until its response headers are in. Default: what is left of the deadline. */
  readonly timeout?: string;
  /**
   * Name of an `[[mtls_certificates]]` binding of wrangler.toml: the client certificate that the gateway presents to
   * the origin, which must be an https URL.
   */
  readonly certificate?: string;
  /**
   * How the gateway proves itself to the origin: one of the kinds below. Put on last, so that no hook, log or
   * explanation sees it; what a caller sends in its place ends at the gateway.
   */
  readonly credential?: UpstreamCredential;
  /**
   * So many requests at once, by whatever route, step or function, the gateway's own included. Who finds no room is
   * refused with 503 `temporary-reduced-capacity` and `Retry-After`, and has consumed nothing of rate limits and quotas; an
   * optional step of a composition takes its fallback.
   */
  readonly concurrency?: UpstreamConcurrencyOptions;
  /**
   * Refuses requests that the origin could not bear now, with 503 `temporary-reduced-capacity`: how many it can, the
   * gateway tells from how long it takes to answer. See `priority` for who is refused first.
   */
  readonly shed?: ShedOptions;
  /** Tells somebody, such as an autoscaler, when there is too much for the origin to do, and when no longer. */
  readonly signals?: SignalOptions;
  /** Has the gateway vouch for its callers in a signed token, beside the plain fields that tell who they are. */
  readonly identityToken?: IdentityTokenOptions;
}

/**
 * How many requests may be under way to an upstream at once. What waits for its turn is not under way: it takes none of the
 * request's connections, and `timeout` does not run. Where there is `shed` too, that judges who has a turn.
 */
export interface UpstreamConcurrencyOptions {
  /** Requests at once: 1 to a million. */
  readonly limit: number;
  /**
   * Default `isolate`: each isolate counts for itself, at no cost; there may be many of them. `global`: all together, by
   * permits that isolates lease, as a route's `concurrency` does.
   */
  readonly scope?: "isolate" | "global";
  /** Who finds no room waits in line in its isolate instead of being refused at once. Who leaves frees its place. */
  readonly queue?: QueueOptions;
  /**
   * How long a request counts. Default `body`: until its answer has been taken to the end, as an origin is busy for as
   * long; carrying the body costs CPU. `headers`: until the answer's headers are there, which costs nothing, for origins
   * whose answers are short. The body of a WebSocket is not seen, so an upstream of its routes says `headers`.
   */
  readonly until?: "headers" | "body";
  /** `report`: refuses nobody, and counts only those for whom there was room; the log says who had none. Default `enforce`. */
  readonly mode?: Mode;
  /** When permits cannot be had in time: `deny` (default) answers 503 `store-unavailable`, `allow` lets requests through. */
  readonly onStoreFailure?: "allow" | "deny";
}

/**
 * How many requests an isolate has in flight to an upstream at once: until the answers' headers are there. The number
 * grows as long as answers come as fast as without a queue, and shrinks where they come slower. Of an origin that
 * several isolates call each finds its own share.
 */
export interface ShedOptions {
  /** With how many it begins: 1 to 100,000. Default 20. */
  readonly start?: number;
  /** Never fewer. Default 4. */
  readonly min?: number;
  /** Never more. Default 1,000. */
  readonly max?: number;
  /** `report`: refuses nobody; the access log says whom it would have. Default `enforce`. */
  readonly mode?: Mode;
}

/**
 * What is too much and who is told. All isolates tell one place how it goes every 5 to 20 seconds, after answers, and
 * that decides for all of them. It is sent as a `POST` of JSON with an `Idempotency-Key` until the answer is a 2xx: after
 * one second, then after twice as long each time, up to an hour, or until there is something newer to tell. So it may
 * arrive more than once. `type` is `upstream.scale-up`, told again in every period for as long as it goes on, or
 * `upstream.recovered`; the rest is the `upstream`, `since` when, what is `above`, what was `observed`, and the `thresholds`.
 */
export interface SignalOptions {
  /** Who is told. */
  readonly to: {
    /** The upstream that is told. What it is declared to present, such as a signature, it is sent with. */
    readonly upstream: UpstreamDeclaration;
    /** Path below its origin, such as `/hooks/scale`. */
    readonly path: string;
  };
  /** Beyond any of these there is too much; at least one of them. */
  readonly above: {
    /** Requests in flight at once, of all isolates together: 1 to 1,000,000. */
    readonly inFlight?: number;
    /** Time that more than a tenth of the answers exceed, until their headers are there: the 90th percentile. */
    readonly latency?: string;
    /** Share of the requests that `shed` refuses, such as `0.05`. */
    readonly shedRate?: number;
  };
  /** How long that must go on without interruption, 5 s to 1 h. Default `30s`. */
  readonly for?: string;
  /**
   * It is over when everything has been below this share of its threshold for as long: 0.1 to 0.99. In between nothing
   * changes. Default 0.8.
   */
  readonly recoverBelow?: number;
  /** There is one call at most in this time, whatever it says: 10 s to 1 d. Default `5m`. */
  readonly every?: string;
}

/** Declares a named upstream. Import the object where it is used; the name is for logs and metrics. */
export function upstream(name: string, options: UpstreamOptions): UpstreamDeclaration {
  const declaration = { kind: "upstream", name, options } as const;
  declarations.add(declaration);
  return declaration;
}

/** Known by who made them, not by their shape: a manifest's own data may look the same. */
const declarations = new WeakSet<object>();

/** Names a service binding of wrangler.toml as an origin. */
export function service(binding: string): ServiceReference {
  return { service: binding };
}

/** Whether the value was made by {@link upstream}. */
export function isUpstream(value: unknown): value is UpstreamDeclaration {
  return typeof value === "object" && value !== null && declarations.has(value);
}
