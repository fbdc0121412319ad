// What the benchmark of streams measures. The origin's port changes with every run: the build is told through the
// environment.
import { defineGateway, defineRoutes, upstream } from "isogate";

const forward = {
  upstream: upstream("origin", { origin: `http://127.0.0.1:${process.env.BENCH_ORIGIN_PORT}` }),
};

export const routes = defineRoutes(
  { access: "public", deadline: "60s" },
  {
    "GET /plain": { forward },
    "GET /stream": { stream: { idleTimeout: "30s" }, forward },
    "GET /watch": { watchBody: true, forward },
    "POST /plain": { bodyLimit: "1GB", forward },
    "GET /websocket": { websocket: true, forward },
    "GET /websocket/idle": { websocket: { idle: "1m", maxBytes: "1GB" }, forward },
    "GET /websocket/bounded": {
      websocket: { idle: "1m", maxBytes: "1GB", maxMessage: "64KB", messagesPerSecond: 1_000_000 },
      forward,
    },
  },
);

export default defineGateway({ routes: [routes] });
