// Origins of every kind, good and bad.
import { defineGateway, defineRoutes, env, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const based = upstream("based", { origin: env("ORIGIN_WITH_BASE") });
const raw = upstream("raw", { origin: env("RAW_ORIGIN") });
const slow = upstream("slow", { origin: env("RAW_ORIGIN"), timeout: "150ms" });
const dead = upstream("dead", { origin: env("DEAD_ORIGIN") });

/** An origin inside the Worker. */
export const app = upstream("app", {
  origin: {
    async fetch(request, { development }) {
      const { pathname, search } = new URL(request.url);
      if (pathname === "/app/throws") throw new Error("the app is broken");
      if (pathname === "/app/hangs") await new Promise(() => {});
      const headers = { "x-app": "yes", connection: "x-nominated", "x-nominated": "for one hop" };
      return Response.json(
        {
          pathname,
          search,
          development,
          body: await request.text(),
          requestId: request.headers.get("x-request-id"),
        },
        { headers },
      );
    },
  },
});

export const routes = defineRoutes(
  { access: "public", deadline: "3s" },
  {
    "ANY /http/*": { forward: { upstream: origin, stripPrefix: "/http" } },
    "ANY /based/*": { forward: { upstream: based, stripPrefix: "/based" } },
    "ANY /raw/*": { forward: { upstream: raw, stripPrefix: "/raw" } },
    "GET /dead": { forward: { upstream: dead } },
    "GET /watched/*": { watchBody: true, forward: { upstream: raw, stripPrefix: "/watched" } },
    "GET /hurried/:id": { deadline: "150ms", forward: { upstream: raw, path: "/hang" } },
    "GET /impatient": { forward: { upstream: raw, path: "/hang", timeout: "150ms" } },
    "GET /slow-upstream": { forward: { upstream: slow, path: "/hang" } },
    "ANY /app/*": { forward: { upstream: app } },
    "GET /app/hangs": { deadline: "150ms", forward: { upstream: app } },
    "GET /template/:id/:more{[a-z ]+}": {
      forward: {
        upstream: origin,
        path: "/t/{params.id}/{params.more}/{query.q}/{headers.x-part}?own={query.q}&h={headers.x-part}",
      },
    },
    "GET /rest/*": { forward: { upstream: origin, path: "/moved/{params.*}" } },
    "POST /limited": { bodyLimit: "1KB", forward: { upstream: origin } },
    "POST /limited/app": { bodyLimit: "1KB", forward: { upstream: app } },
    "POST /limited/handler": {
      bodyLimit: "1KB",
      handler: async (ctx) => ({ size: (await ctx.text()).length }),
    },
    "GET /ws": { websocket: true, forward: { upstream: origin } },
    "GET /ws/dead": { websocket: true, forward: { upstream: dead } },
    "GET /with-headers": {
      headers: {
        request: { set: { "x-set": "id {request.id}", "x-part": "{query.q}" }, remove: ["x-unwanted"] },
        response: { set: { "x-answer": "{request.method}" }, remove: ["x-powered-by"] },
      },
      forward: { upstream: origin },
    },
  },
);

export default defineGateway({ routes: [routes] });
