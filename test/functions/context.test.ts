import { describe, expect, it } from "vitest";
import type { FunctionContext } from "../../src/functions/context.ts";
import { upstream } from "../../src/upstream/declare.ts";
import { asAda, gatewayOf } from "../support/in-process.ts";

const api = upstream("api", { origin: "https://api.internal" });
const KNOWN = [
  "dispatch",
  "fetch",
  "headers",
  "identity",
  "json",
  "method",
  "note",
  "params",
  "path",
  "query",
  "requestId",
  "text",
];

describe("what a function sees of a request", () => {
  it("is the request, and neither the environment nor the gateway's own things", async () => {
    let seen: Record<string, unknown> = {};
    const { ask } = gatewayOf(
      {
        "GET /a/:id": {
          access: asAda,
          hooks: {
            request: (ctx) => {
              seen = { ...ctx };
              return undefined;
            },
          },
          respond: { text: "x" },
        },
      },
      { env: { SECRET: "hunter2" } },
    );
    await ask("/a/%7e?q=1", { headers: { "x-a": "1" } });
    expect(Object.keys(seen).toSorted()).toEqual(KNOWN);
    expect(JSON.stringify(seen)).not.toContain("hunter2");
    expect(seen).toMatchObject({
      method: "GET",
      path: "/a/~",
      params: { id: "~" },
      identity: { subject: "ada" },
    });
  });

  it("is all of it where the answer is the caller's own", async () => {
    const seen: Array<Pick<FunctionContext, "identity"> & { cookie: string | null }> = [];
    const { ask } = gatewayOf({
      "GET /a": {
        access: asAda,
        handler: ({ headers, identity }) => {
          seen.push({ cookie: headers.get("cookie"), identity });
          return {};
        },
      },
    });
    await ask("/a", { headers: { cookie: "a=1" } });
    expect(seen).toMatchObject([{ cookie: "a=1", identity: { subject: "ada" } }]);
  });

  it("is what the cache key holds, where the answer is for others too", async () => {
    const seen: unknown[] = [];
    const { ask } = gatewayOf({
      "GET /a": {
        access: asAda,
        cache: { ttl: "1m", public: true, key: { headers: ["x-tenant"], query: ["page"] } },
        handler: ({ headers, identity, query, requestId }) => {
          seen.push({ names: [...headers.keys()], identity, query: [...query], requestId });
          return {};
        },
      },
      "GET /named": { access: "public", forward: { upstream: api } },
    });
    const headers = {
      cookie: "a=1",
      "x-tenant": "t",
      "x-other": "o",
      "x-request-id": "chosen-by-the-client",
    };
    await ask("/a?page=2&user=eve", { headers });
    expect(seen).toEqual([
      {
        names: ["x-tenant"],
        identity: undefined,
        query: [["page", "2"]],
        requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ]);
  });
});
