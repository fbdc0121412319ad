import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A manifest that was written for a measurement. */
export interface GeneratedManifest {
  /** Path of the manifest. */
  readonly file: string;
  /** A public path that is answered by the gateway itself, with the text that {@link writeProbe} gave it. */
  readonly probe: string;
  /** Path of the module that holds it. */
  readonly probeFile: string;
}

/** Routes of one module: a team's service. */
const GROUP = 50;

/**
 * Writes a manifest as a large company has it: a module for each service with a prefix, access and limits of its own,
 * and presets that they share; most routes forward, others compose, redirect, answer, or do so on conditions.
 * @param routes a multiple of 10.
 */
export function writeManifest(folder: string, routes: number): GeneratedManifest {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "shared.ts"), SHARED);
  const services: string[] = [];
  for (let first = 0; first < routes; first += GROUP) {
    const service = `s${services.length}`;
    const resources = Math.min(GROUP, routes - first) / SHAPES;
    writeFileSync(join(folder, `${service}.ts`), serviceModule(service, resources));
    services.push(service);
  }
  const file = join(folder, "index.ts");
  writeFileSync(file, gatewayModule(services));
  const manifest = { file, probe: "/probe", probeFile: join(folder, "probe.ts") };
  writeProbe(manifest, "first");
  return manifest;
}

/** Writes the probed route, which comes on top of the others. @param text what it answers */
export function writeProbe({ probe, probeFile }: GeneratedManifest, text: string): void {
  writeFileSync(
    probeFile,
    `import { defineRoutes } from "isogate";

export const probe = defineRoutes({ access: "public" }, {
  "GET ${probe}": { summary: "Says which edit is live", respond: { text: ${JSON.stringify(text)} } },
});
`,
  );
}

const SHARED = `import { cache, jwt, rateLimit, upstream } from "isogate";

export const catalog = upstream("catalog", { origin: "https://catalog.internal.example" });
export const orders = upstream("orders", { origin: "https://orders.internal.example", timeout: "3s" });
export const accounts = upstream("accounts", { origin: "https://accounts.internal.example" });
export const issuer = upstream("issuer", { origin: "https://login.example" });

export const token = jwt({
  issuers: { issuer: "https://login.example", audience: "api", keys: { upstream: issuer, path: "/jwks.json" } },
});
export const perVisitor = rateLimit({ limit: 300, window: "1m" });
export const perCustomer = rateLimit({ limit: 60, window: "1m", by: ["identity.id"] });
export const slow = rateLimit({ name: "slow", limit: 5, window: "10s", by: ["identity.id"] });
export const shortly = cache({ ttl: "1m", staleWhileRevalidate: "10m", tags: ["all"] });
`;

/** Routes that {@link resourceRoutes} writes for each resource. */
const SHAPES = 10;

/** The routes of one resource: static paths, parameters, patterns and wildcards. */
function resourceRoutes(name: string): string {
  return `
    "GET /${name}": {
      summary: "All of ${name}",
      access: "public",
      rateLimit: perVisitor,
      cache: shortly,
      forward: { upstream: catalog, path: "/${name}" },
    },
    "GET /${name}/:id": {
      summary: "One of ${name}",
      cache: { ...shortly, key: { identity: true }, tags: ["all", "${name}:{params.id}"] },
      forward: { upstream: catalog, path: "/${name}/{params.id}" },
    },
    "POST /${name}": [
      {
        summary: "Add to ${name}",
        when: { content: "application/json" },
        access: token({ scopes: ["${name}:write"] }),
        rateLimit: [perCustomer, slow],
        forward: { upstream: orders, path: "/${name}" },
      },
      { summary: "Add to ${name}, in any other form", respond: { status: 415 } },
    ],
    "PUT /${name}/:id{[0-9]+}": {
      summary: "Change one of ${name}",
      bodyLimit: "64KB",
      forward: { upstream: orders, path: "/${name}/{params.id}?by={identity.subject}" },
    },
    "GET /${name}/:id/parts/:part": {
      summary: "A part of one of ${name}",
      headers: { response: { set: { "x-part": "{params.part}" } } },
      forward: { upstream: catalog, path: "/${name}/{params.id}/parts/{params.part}" },
    },
    "GET /${name}/:id/summary": {
      summary: "One of ${name} with its owner",
      compose: compose({
        item: { upstream: catalog, path: "/${name}/{params.id}" },
        owner: { upstream: accounts, path: "/users/{identity.subject}", optional: true, fallback: null },
      }),
    },
    "GET /${name}/files/*": {
      summary: "Files of ${name}",
      access: "public",
      rateLimit: perVisitor,
      forward: { upstream: catalog, path: "/${name}/files/{params.*}" },
    },
    "GET /${name}/old/:id": { summary: "Where ${name} were", redirect: { to: "/v2/${name}/{params.id}" } },
    "GET /${name}/help": {
      summary: "About ${name}",
      access: "public",
      rateLimit: perVisitor,
      respond: { text: "Ask for ${name}." },
    },`;
}

function serviceModule(service: string, resources: number): string {
  const routes = Array.from({ length: resources }, (_, index) => resourceRoutes(`r${index}`));
  return `import { compose, defineRoutes } from "isogate";
import { accounts, catalog, orders, perCustomer, perVisitor, shortly, slow, token } from "./shared.ts";

export const ${service} = defineRoutes(
  { prefix: "/${service}", access: token, rateLimit: perCustomer },
  {${routes.join("")}
  },
);
`;
}

function gatewayModule(services: readonly string[]): string {
  return `import { defineGateway } from "isogate";
import { probe } from "./probe.ts";
import { token } from "./shared.ts";
${services.map((service) => `import { ${service} } from "./${service}.ts";`).join("\n")}

export default defineGateway({
  defaults: { deadline: "10s", bodyLimit: "1MB", securityHeaders: true, cors: { origins: ["https://shop.example"] } },
  require: [{ match: "/s0/admin/*", access: token({ scopes: ["admin"] }) }],
  routes: [probe, ${services.join(", ")}],
  stores: { counters: "durable-objects" },
  workersPlan: "paid",
});
`;
}
