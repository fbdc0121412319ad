import { Budget } from "../../src/budget.ts";
import { cacheApiResponseCache } from "../../src/cache/cache-api.ts";
import { CacheServer } from "../../src/cache/serve.ts";

const deps = {
  now: () => Date.now(),
  responses: cacheApiResponseCache(),
  log: (line: unknown) => console.log(JSON.stringify(line)),
};
const server = new CacheServer("GET /*", deps, { ttl: 60_000, perIdentity: false });

/** A Worker with one cached route, for `coded.node.test.ts`: its origin is a real server that codes its bodies. */
export default {
  fetch(request: Request, env: { readonly ORIGIN: string }, execution: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url);
    return server.serve({
      asker: request,
      key: `https://cache.isogate.invalid/coded${pathname}`,
      record: {},
      budget: new Budget(Date.now() + 10_000),
      execution,
      origin: async (condition) => {
        const headers = new Headers({ "accept-encoding": "gzip, br" });
        if (condition !== undefined) headers.set(...condition);
        const response = await fetch(env.ORIGIN + pathname, { headers });
        return new Response(response.body, response);
      },
      tags: () => [],
    });
  },
};
