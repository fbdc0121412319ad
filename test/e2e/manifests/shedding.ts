// An upstream whose load is shed.
import { compose, defineGateway, defineRoutes, env, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN"), shed: {} });

export default defineGateway({
  routes: [
    defineRoutes(
      { access: "public" },
      {
        "GET /critical": { priority: "critical", forward: { upstream: origin } },
        "GET /normal": { forward: { upstream: origin } },
        "GET /background": { priority: "background", forward: { upstream: origin } },
        "GET /parts": {
          compose: compose({
            needed: { upstream: origin, path: "/needed" },
            extra: { upstream: origin, path: "/extra", optional: true, fallback: null },
          }),
        },
      },
    ),
  ],
});
