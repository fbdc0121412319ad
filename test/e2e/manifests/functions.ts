// Answers that the gateway makes itself, functions, and variants of a route.
import { defineGateway, defineRoutes, env, upstream } from "isogate";

export const origin = upstream("origin", { origin: env("ORIGIN") });
const raw = upstream("raw", { origin: env("RAW_ORIGIN") });

const forward = { upstream: origin };

const answers = defineRoutes(
  { access: "public" },
  {
    "GET /json": { respond: { json: { list: [1, null], text: "é" } } },
    "GET /text": { respond: { status: 418, text: "short and stout", headers: { "x-own": "1" } } },
    "GET /xml": { respond: { text: "<a/>", headers: { "content-type": "application/xml" } } },
    "DELETE /nothing": { respond: {} },
    "GET /old/*": { redirect: { to: "/new/{params.*}", keepQuery: true } },
    "GET /find/:what": {
      redirect: { to: "https://shop.example/find/{params.what}?q={query.q}", status: 302 },
    },
    "GET /variants": [
      { when: { header: { "x-version": "2" } }, respond: { json: "header" } },
      { when: { header: { "x-beta": true } }, respond: { json: "header present" } },
      { when: { query: { q: true, sort: "up" } }, respond: { json: "query" } },
      { when: { cookie: { group: "b" } }, respond: { json: "cookie" } },
      { respond: { json: "none" } },
    ],
    "POST /variants": [
      { when: { content: "application/json" }, respond: { json: "json" } },
      { when: { content: "image/*" }, respond: { json: "image" } },
    ],
    "GET /layered/:id": { when: { query: { deep: true } }, respond: { json: "deep" } },
    "GET /layered/*": { respond: { json: "shallow" } },
  },
);

export const functions = defineRoutes(
  { access: "public", deadline: "300ms" },
  {
    "POST /handled/:id": {
      handler: async ({ method, path, params, query, headers, identity, requestId, text, note }) => {
        note(`handled ${params.id}`);
        const body = await text();
        return {
          method,
          path,
          params,
          query: Object.fromEntries(query),
          own: headers.get("x-own"),
          identity,
          requestId,
          body,
        };
      },
    },
    "POST /parsed": { handler: async (ctx) => ({ parsed: await ctx.json(), again: await ctx.text() }) },
    "GET /made": { handler: () => new Response("made", { status: 203, headers: { "x-made": "1" } }) },
    "GET /frozen": { handler: () => Response.redirect("https://shop.example/", 303) },
    "GET /calls": {
      handler: async (ctx) => {
        const answer = await ctx.fetch(origin, "/called?x=1", {
          method: "PUT",
          headers: { "x-own": "1" },
          body: "sent",
        });
        return { status: answer.status, seen: await answer.json() };
      },
    },
    "GET /passes": { handler: (ctx) => ctx.fetch(origin, "/passed") },
    "GET /dispatches": { handler: (ctx) => ctx.dispatch("/json") },
    "GET /undeclared": {
      handler: (ctx) => ctx.fetch(upstream("stranger", { origin: "http://127.0.0.1:1" }), "/"),
    },
    "GET /hangs": { handler: (ctx) => ctx.fetch(rawOrigin, "/hang") },
    "GET /sleeps": { handler: () => new Promise<Response>((resolve) => setTimeout(resolve, 60_000)) },
    "GET /throws": {
      handler: () => {
        throw new Error("the secret reason");
      },
    },
    "GET /hook/answers": {
      hooks: {
        request: ({ query }) => (query.has("stop") ? new Response("stopped", { status: 403 }) : undefined),
      },
      forward,
    },
    "GET /hook/upstream": {
      hooks: {
        upstreamRequest: (request, { requestId }) => {
          const headers = new Headers(request.headers);
          headers.set("x-hooked", requestId);
          return { path: "/elsewhere", search: "?hooked", headers };
        },
        upstreamResponse: async (response) => {
          const { url } = (await response.json()) as { url: string };
          return Response.json({ was: url }, { status: 202 });
        },
      },
      forward,
    },
    "GET /hook/response": {
      hooks: {
        response: (response, { requestId }) => {
          const answer = new Response(response.body, response);
          answer.headers.set("x-hooked", requestId);
          return answer;
        },
      },
      respond: { text: "body" },
    },
    "GET /hook/error": {
      hooks: {
        error: ({ code, status }, { query }) => {
          if (query.has("broken")) throw new Error("the hook is broken too");
          return query.has("problem") ? undefined : new Response(`sorry: ${code}`, { status });
        },
      },
      forward: { upstream: raw, path: "/hang" },
    },
    "GET /hook/sleeps/:where": {
      hooks: {
        request: ({ params }) => sleep(params.where === "request"),
        upstreamRequest: (_, { params }) => sleep(params.where === "upstreamRequest"),
        upstreamResponse: (_, { params }) => sleep(params.where === "upstreamResponse"),
        response: (_, { params }) => sleep(params.where === "response"),
      },
      forward,
    },
    "GET /hook/throws/:where": {
      hooks: {
        request: ({ params }) => fail(params.where === "request"),
        upstreamRequest: (_, { params }) => fail(params.where === "upstreamRequest"),
        upstreamResponse: (_, { params }) => fail(params.where === "upstreamResponse"),
        response: (_, { params }) => fail(params.where === "response"),
      },
      forward,
    },
    "POST /hook/passed-over": {
      hooks: {
        request: {
          run: async (ctx) => {
            await ctx.text();
            await sleep(true);
          },
          timeout: "40ms",
          onFailure: "allow",
        },
        upstreamRequest: { run: () => fail(true), onFailure: "allow" },
        upstreamResponse: { run: () => sleep(true), timeout: "40ms", onFailure: "allow" },
        response: { run: () => Response.error(), onFailure: "allow" },
      },
      forward,
    },
    "GET /hook/cached": {
      cache: { ttl: "1m", key: { query: ["a"] } },
      hooks: {
        upstreamRequest: (_, { headers, query, note }) => {
          note(`saw ${[...headers.keys()].join()} ${query}`);
          return undefined;
        },
      },
      forward,
    },
  },
);

export const rawOrigin = raw;

function sleep(when: boolean): Promise<undefined> | undefined {
  return when ? new Promise((resolve) => setTimeout(resolve, 60_000)) : undefined;
}

function fail(when: boolean): undefined {
  if (when) throw new Error("the secret reason");
}

export default defineGateway({ defaults: { securityHeaders: true }, routes: [answers, functions] });
