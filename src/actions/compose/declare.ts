import type { Json } from "../../schema/json.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";

/** A JSON object of unknown members: what a step's value is taken for until {@link step} says more. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** What every step may say, wherever its answer comes from. */
interface StepSettings {
  /** Default `GET`, or `POST` where there is a `body`. */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Request header name → template. No header of the caller is sent along by itself. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Query parameter → template; added to the query that `path` or `route` may have. */
  readonly query?: Readonly<Record<string, string>>;
  /**
   * Request body, sent as JSON. Strings in it are templates; one that is a single reference, such as
   * `"{user.id}"`, keeps the type of its value.
   */
  readonly body?: Json;
  /** Time for the step from start to the last byte of its answer, such as `"800ms"`. Default: the deadline's. */
  readonly timeout?: string;
  /** Dotted path, such as `"data.items"`: its value is taken instead of the whole answer. */
  readonly target?: string;
  /** Dotted paths to keep, all others are left out. Lists on the way are gone through. After `target`. */
  readonly pick?: readonly string[];
  /** Dotted paths to leave out. Lists on the way are gone through. After `pick`. */
  readonly omit?: readonly string[];
  /** Dotted path → new name of its last key. Lists on the way are gone through. After `omit`. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Puts the value under this key of the answer. Only without a `merge` function. */
  readonly group?: string;
}

/** The step calls an upstream. */
interface UpstreamStep {
  readonly upstream: UpstreamDeclaration;
  /** Template of the path, and query if it has a `?`: `"/orders?user={user.id}"`. Each part is encoded for its place. */
  readonly path: string;
  readonly route?: never;
}

/** The step calls a route of this gateway, which judges it like any other request. */
interface RouteStep {
  /** Template of the path, and query if it has a `?`: `"/v1/orders/{params.id}"`. */
  readonly route: string;
  readonly upstream?: never;
  readonly path?: never;
}

/** Without this part there is no answer. */
interface RequiredStep {
  /** `true`: the answer may do without this part, and is then marked as partial. Default false. */
  readonly optional?: false;
  readonly fallback?: never;
  /**
   * Statuses, such as `[404]`, with which the step's answer becomes the whole answer: status, media type and body
   * as they came. Any other status that is not 2xx is refused: 503 and 504 as they are, the rest as 502.
   */
  readonly passStatus?: readonly number[];
}

/** The answer may do without this part; it is then marked as partial. */
interface OptionalStep {
  /** `true`: the answer may do without this part, and is then marked as partial. Default false. */
  readonly optional: true;
  /** The value where the step fails. Default: none, so that its key is absent. */
  readonly fallback?: Json;
  readonly passStatus?: never;
}

/** One step of a composed answer: where its part comes from and what is done with it. */
export type StepOptions = StepSettings & (UpstreamStep | RouteStep) & (RequiredStep | OptionalStep);

declare const valueType: unique symbol;

/** A step whose value has the type `Value`. Made by {@link step}. */
export type TypedStep<Value> = StepOptions & { readonly [valueType]?: readonly [Value] };

type Required = StepOptions & RequiredStep;
type WithFallback<Value> = StepOptions & OptionalStep & { readonly fallback: Value };
type WithoutFallback = StepOptions & OptionalStep & { readonly fallback?: never };

/**
 * Says what a step's value is, so that `merge` sees it: `step<User>({ upstream: accounts, path: "/me" })`.
 * The type is believed, not checked against the answer. An optional step's fallback must be a `Value` too;
 * without one the value may be undefined.
 */
export function step<Value>(options: Required): TypedStep<Value>;
export function step<Value>(options: WithFallback<Value>): TypedStep<Value>;
export function step<Value>(options: WithoutFallback): TypedStep<Value | undefined>;
export function step(options: StepOptions): StepOptions {
  return options;
}

/** A list where the fallback is one, else an object or the fallback. */
type Untyped<Fallback> = Fallback extends readonly unknown[]
  ? readonly JsonObject[]
  : Fallback extends object
    ? JsonObject
    : JsonObject | Fallback;

type Value<Step> = typeof valueType extends keyof Step
  ? Step extends TypedStep<infer Type>
    ? Type
    : never
  : Step extends { readonly optional: boolean }
    ? Step extends { readonly optional: false }
      ? JsonObject
      : Untyped<Step extends { readonly fallback: infer Fallback } ? Fallback : undefined>
    : JsonObject;

/** The value of each step, by its name. */
export type Parts<Steps> = { readonly [Name in keyof Steps]: Value<Steps[Name]> };

/** How the parts become one answer. */
export interface ComposeOptions<Values> {
  /**
   * Makes the answer's JSON of the steps' values; may be async. An optional part that failed is its fallback or
   * undefined. Default: objects are merged in the order of declaration, later ones winning; any other value,
   * and any with a `group`, stands under a key of its own.
   */
  readonly merge?: (parts: Values) => unknown;
  /** `deny`: all or nothing, every step counts as required. Default `allow`. */
  readonly partial?: "allow" | "deny";
}

/** A step as the build reads it: {@link StepOptions} before anything is proved. */
export type StepDeclaration = StepSettings & {
  readonly upstream?: UpstreamDeclaration | undefined;
  readonly path?: string | undefined;
  readonly route?: string | undefined;
  readonly optional?: boolean | undefined;
  readonly fallback?: Json | undefined;
  readonly passStatus?: readonly number[] | undefined;
};

/** A composition as declared. */
export interface ComposeDeclaration {
  readonly kind: "compose";
  readonly steps: Readonly<Record<string, StepDeclaration>>;
  readonly options: ComposeOptions<never>;
}

/** Keys that no step has become type errors. */
type Known<Steps> = {
  readonly [Name in keyof Steps]: {
    readonly [Key in Exclude<keyof Steps[Name], keyof StepDeclaration | typeof valueType>]: never;
  };
};

/**
 * Composes one JSON answer out of several. Steps that need nothing of each other run at the same time; one that
 * refers to another by name (`{user.id}` in its path, query, headers or body) waits for it. All share the
 * request's deadline. A required step that fails cancels the others.
 *
 * No header of an origin's answer is copied; `no-store`, `no-cache` and `private` of a part hold for the whole. An
 * answer with a failed optional part is still 200, is never stored, and says so in `Isogate-Parts` (a list of
 * RFC 9651 §3.1): `user;status=200;ms=12, orders;failed=upstream-timeout;ms=800`. Numbers pass through
 * JavaScript's, so integers beyond 2^53 lose digits.
 *
 * @param steps by name: a letter, then letters, digits, `_` or `-`.
 */
export function compose<const Steps extends Readonly<Record<string, StepOptions>>>(
  steps: Steps & Known<Steps>,
  options: ComposeOptions<Parts<Steps>> = {},
): ComposeDeclaration {
  return { kind: "compose", steps, options };
}
