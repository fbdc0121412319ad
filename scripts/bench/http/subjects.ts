import { fileURLToPath } from "node:url";
import { ADMIN_SECRET } from "../registry.ts";
import { prepareGateway, prepareWorker, type Site } from "../workerd.ts";
import { SUBJECT } from "./workers/claims.ts";

/** What a subject promises, and is held to before it is measured. */
export interface Promises {
  /** Path of the request under load. */
  readonly path: string;
  /** Only with the token or a key; 401 without. */
  readonly authenticates?: "token" | "key";
  /** Fields in which the origin learns who calls. */
  readonly identity?: Readonly<Record<string, string>>;
  /** Trace and request id reach the origin and stand on the answer; forwarded fields cannot be spoofed. */
  readonly proxies?: boolean;
  /** `RateLimit` fields on the answer. */
  readonly limits?: boolean;
  /** What is answered: the origin's document, a stored copy of it, or one composed of four parts. */
  readonly answer: "origin" | "stored" | "composed";
}

/** The registered callers of a subject. */
export interface Registered {
  readonly consumers: number;
  /** How many of them take turns. */
  readonly callers: number;
}

/** One thing that is measured. */
export interface Subject {
  readonly name: string;
  /** For those that take keys. */
  readonly registered?: Registered;
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
  authenticates: "token",
  identity: { "x-identity-subject": SUBJECT },
  proxies: true,
  limits: true,
  answer: "origin",
};
const TOKEN: Promises = { ...FULL, path: "/v1/tokens/42?view=full", limits: false };
const KEY: Promises = {
  path: "/v1/keys/42?view=full",
  authenticates: "key",
  identity: {
    "x-identity-id": "consumers#consumer-0",
    "x-identity-subject": "consumer-0",
    "x-identity-issuer": "consumers",
    "x-identity-credential": "apiKey",
    "x-identity-scopes": "orders:read profile",
    "x-identity-roles": "partner",
    "x-identity-consumer": "consumer-0",
    "x-identity-plan": "gold",
  },
  proxies: true,
  answer: "origin",
};

const COMPOSED: Promises = { path: "/v1/storefront", answer: "composed" };

const feature = (name: string, path: string) =>
  gateway(`isogate-${name}`, { ...PLAIN, path }, { manifest: "manifest-features.ts" });
const withToken = (name: string) => gateway(name, TOKEN, { manifest: "manifest-credentials.ts" });
const withKey = (name: string, registered: Registered) =>
  gateway(name, KEY, { manifest: "manifest-credentials.ts", registered });
const byHandWithKey = (name: string, registered: Registered) =>
  worker(name, KEY, { source: "hand-key", registered, objects: ["KeyRegistry"] });
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
  worker("hand-compose", COMPOSED, { connections: COMPOSE_CONNECTIONS }),
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

/** Fewer than an isolate remembers. */
const CALLERS = 2_000;
const FEW: Registered = { consumers: 10, callers: 1 };
const MANY: Registered = { consumers: 10_000, callers: 1 };
const IN_TURNS: Registered = { consumers: 10_000, callers: CALLERS };

/** Who calls, and nothing else: one caller, one of ten thousand, and many of them in turns. */
const CREDENTIALS: readonly Subject[] = [
  byHandWithKey("hand-key", FEW),
  withKey("key", FEW),
  withKey("key-10000", MANY),
  withKey(`key-${CALLERS}-callers`, IN_TURNS),
  byHandWithKey(`hand-key-${CALLERS}-callers`, IN_TURNS),
  worker("hand-jwt", TOKEN),
  withToken("jwt"),
];

/** What `--set` chooses from. */
export const SETS = { road: ROAD, features: FEATURES, routes: ROUTES, credentials: CREDENTIALS } as const;

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
  ["key", "hand-key"],
  ["key-10000", "key"],
  [`key-${CALLERS}-callers`, `hand-key-${CALLERS}-callers`],
  ["jwt", "hand-jwt"],
];

/** The client's address as the platform's edge would state it: bare workerd has no edge. */
export const ADDRESS = "203.0.113.7";

/** Header fields of every measured request. @param proof those that prove who calls */
export function measuredHeaders(proof: Readonly<Record<string, string>>): Record<string, string> {
  return {
    "user-agent": "isogate-bench/1.0",
    accept: "application/json",
    "accept-encoding": "gzip",
    "cf-connecting-ip": ADDRESS,
    ...proof,
  };
}

interface WorkerChoices {
  /** Its file's name, where that is not its own. */
  readonly source?: string;
  readonly connections?: number;
  readonly registered?: Registered;
  /** Its Durable Objects. */
  readonly objects?: readonly string[];
}

function worker(name: string, promises: Promises, choices: WorkerChoices = {}): Subject {
  const { source = name, objects = [], ...rest } = choices;
  const file = fileURLToPath(new URL(`workers/${source}.ts`, import.meta.url).href);
  return {
    name,
    promises,
    ...rest,
    prepare: (directory, port, { originPort, jwk }) => {
      const bindings = { ORIGIN: `http://127.0.0.1:${originPort}`, JWK: jwk, ADMIN_SECRET };
      return prepareWorker(file, directory, port, bindings, objects);
    },
  };
}

interface GatewayChoices {
  readonly manifest?: string;
  readonly connections?: number;
  readonly registered?: Registered;
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
