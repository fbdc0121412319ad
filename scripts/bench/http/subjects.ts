import { fileURLToPath } from "node:url";
import { prepareGateway, prepareWorker, type Site } from "../workerd.ts";

/** What a subject promises, and is held to before it is measured. */
export interface Promises {
  /** Path of the request under load. */
  readonly path: string;
  /** Only with the token; 401 without. */
  readonly authenticates?: boolean;
  /** Field in which the origin learns the caller's subject. */
  readonly identityField?: string;
  /** Trace and request id reach the origin and stand on the answer; forwarded fields cannot be spoofed. */
  readonly proxies?: boolean;
  /** `RateLimit` fields on the answer. */
  readonly limits?: boolean;
  /** What is answered: the origin's document, a stored copy of it, or one composed of four parts. */
  readonly answer: "origin" | "stored" | "composed";
}

/** One thing that is measured. */
export interface Subject {
  readonly name: string;
  /** Default {@link CONNECTIONS}. */
  readonly connections?: number;
  readonly promises: Promises;
  /** Writes its workerd configuration. @returns the path. */
  prepare(directory: string, port: number, site: Site): string | Promise<string>;
}

/** Connections to a subject, each with one request in flight. */
export const CONNECTIONS = 16;
/** Few enough that the timers of the slow origin, not its queue, decide the latency. */
const COMPOSE_CONNECTIONS = 4;

const PLAIN: Promises = { path: "/v1/products/42?view=full", proxies: true, answer: "origin" };
const FULL: Promises = {
  path: "/v1/orders/42?view=full",
  authenticates: true,
  identityField: "x-identity-subject",
  proxies: true,
  limits: true,
  answer: "origin",
};

const COMPOSED: Promises = { path: "/v1/storefront", answer: "composed" };

const feature = (name: string, path: string) =>
  gateway(`isogate-${name}`, { ...PLAIN, path }, { manifest: "manifest-features.ts" });
const among = (count: number) =>
  gateway(`isogate-${count}-routes`, PLAIN, {
    manifest: "manifest-many.ts",
    variables: { BENCH_ROUTES: `${count}` },
  });

/** Subjects that are compared, next to each other. */
const ROAD: readonly Subject[] = [
  worker("floor", { path: PLAIN.path, answer: "origin" }),
  gateway("isogate-plain", PLAIN),
  worker("hand-plain", PLAIN),
  worker("hand-full", FULL),
  gateway("isogate-full", FULL),
  gateway("isogate-full-do", FULL, { manifest: "manifest-durable.ts" }),
  worker("hono", { ...FULL, proxies: false, limits: false }),
  gateway("isogate-hit", { path: "/v1/catalog/42?view=full", answer: "stored" }),
  gateway("isogate-compose", COMPOSED, { connections: COMPOSE_CONNECTIONS }),
  worker("hand-compose", COMPOSED, COMPOSE_CONNECTIONS),
];

/** What a feature adds to the plain route, and what it costs a plain route that others have it (`idle`). */
const FEATURES: readonly Subject[] = [
  gateway("isogate-plain", PLAIN),
  feature("idle", PLAIN.path),
  gateway("isogate-lenient", PLAIN, { manifest: "manifest-lenient.ts" }),
  feature("variants", "/v1/variants/42?view=full"),
  feature("hooks", "/v1/hooks/42?view=full"),
  feature("middleware", "/v1/middleware/42?view=full"),
  feature("limits", "/v1/limits/42?view=full"),
  feature("trial", "/v1/trial/42?view=full"),
];

/** The plain route among many. */
const ROUTES: readonly Subject[] = [among(10), among(1_000), among(10_000)];

/** What `--set` chooses from. */
export const SETS = { road: ROAD, features: FEATURES, routes: ROUTES } as const;

/** What is divided by what, within each round. */
export const RATIOS: ReadonlyArray<readonly [subject: string, yardstick: string]> = [
  ...FEATURES.slice(1).map(({ name }) => [name, "isogate-plain"] as const),
  ...ROUTES.slice(1).map(({ name }) => [name, "isogate-10-routes"] as const),
  ["isogate-plain", "hand-plain"],
  ["isogate-full", "hand-full"],
  ["isogate-plain", "floor"],
  ["isogate-full", "floor"],
  ["isogate-full-do", "floor"],
  ["isogate-hit", "floor"],
  ["hand-plain", "floor"],
  ["hand-full", "floor"],
  ["hono", "floor"],
  ["isogate-compose", "hand-compose"],
];

/** The client's address as the platform's edge would state it: bare workerd has no edge. */
export const ADDRESS = "203.0.113.7";

/** Header fields of every measured request. @param token for subjects that authenticate. */
export function measuredHeaders(token: string | undefined): Record<string, string> {
  return {
    "user-agent": "isogate-bench/1.0",
    accept: "application/json",
    "accept-encoding": "gzip",
    "cf-connecting-ip": ADDRESS,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
}

function worker(name: string, promises: Promises, connections = CONNECTIONS): Subject {
  const source = fileURLToPath(new URL(`workers/${name}.ts`, import.meta.url).href);
  return {
    name,
    promises,
    connections,
    prepare: (directory, port, { originPort, jwk }) =>
      prepareWorker(source, directory, port, { ORIGIN: `http://127.0.0.1:${originPort}`, JWK: jwk }),
  };
}

interface GatewayChoices {
  readonly manifest?: string;
  readonly connections?: number;
  /** Environment of the build, which the manifest reads. */
  readonly variables?: Readonly<Record<string, string>>;
}

function gateway(name: string, promises: Promises, choices: GatewayChoices = {}): Subject {
  const { manifest = "manifest.ts", variables = {}, ...rest } = choices;
  return {
    name,
    promises,
    ...rest,
    prepare: (directory, port, { originPort, jwk }) =>
      prepareGateway(fileURLToPath(new URL(manifest, import.meta.url).href), directory, port, {
        BENCH_ORIGIN_PORT: `${originPort}`,
        BENCH_JWK: jwk,
        ...variables,
      }),
  };
}
