import { performance } from "node:perf_hooks";
import { afterAll, describe, expect, it } from "vitest";
import { type Files, ManifestFolders } from "../../support/manifests.ts";

const folders = new ManifestFolders();
afterAll(() => folders.remove());

const SHARED = `import { jwt, rateLimit, upstream } from "isogate";
export const api = upstream("api", { origin: "https://api.example" });
export const token = jwt({ issuers: { issuer: "x", audience: "a", keys: { upstream: api, path: "/jwks" } } });
export const limit = rateLimit({ limit: 60, window: "1m" });
`;

/** A group of twenty routes as real ones are, in a file of its own. */
function groupFile(group: number): string {
  const routes = Array.from({ length: 20 }, (_, index) =>
    index % 10 === 9
      ? `  "POST /r${index}/:id": { handler: ({ params }) => ({ id: params.id }) },`
      : `  "GET /r${index}/:id/things/:thing": {
    headers: { request: { set: { "x-id": "{params.id}" } } },
    forward: { upstream: api, path: "/{params.thing}?u={identity.id}" },
  },`,
  );
  return `import { defineRoutes } from "isogate";
import { api, limit, token } from "./shared.ts";
export const group${group} = defineRoutes({ prefix: "/v1/g${group}", access: token, rateLimit: limit }, {
${routes.join("\n")}
});
`;
}

function manifest(groups: number): Files {
  const numbers = [...Array(groups).keys()];
  const imports = numbers.map((group) => `import { group${group} } from "./group${group}.ts";`);
  const gateway = `export default defineGateway({
  require: [{ match: "/v1/:group/r0/*", access: token({ scopes: ["first"] }) }],
  routes: [${numbers.map((group) => `group${group}`).join(", ")}],
});`;
  const head = 'import { defineGateway } from "isogate";\nimport { token } from "./shared.ts";';
  return {
    "index.ts": [head, ...imports, gateway].join("\n"),
    "shared.ts": SHARED,
    ...Object.fromEntries(numbers.map((group) => [`group${group}.ts`, groupFile(group)])),
  };
}

describe("a manifest of a thousand routes in fifty files", () => {
  it("is loaded, checked and compiled in less than five seconds", async () => {
    const files = manifest(50);
    const start = performance.now();
    const [built] = await folders.build(files);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(built?.findings).toEqual([]);
    expect(built?.entry.match(/\{\\"id\\":/g)).toHaveLength(1_001);
  });
});
