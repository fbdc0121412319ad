// What most people would write: Hono with its own middleware, and a limiter in a map.
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { type JwtVariables, jwt } from "hono/jwt";
import { logger } from "hono/logger";
import { proxy } from "hono/proxy";
import { type RequestIdVariables, requestId } from "hono/request-id";
import { AUDIENCE, ISSUER } from "./claims.ts";

interface Bindings {
  readonly ORIGIN: string;
  readonly JWK: string;
}
interface Claims {
  readonly sub: string;
}
type App = { Bindings: Bindings; Variables: RequestIdVariables & JwtVariables<Claims> };

const WINDOW_MS = 60_000;
const LIMIT = 100_000_000;
const hits = new Map<string, { count: number; until: number }>();

const limiter = createMiddleware<App>(async (c, next) => {
  const { sub } = c.get("jwtPayload");
  const now = Date.now();
  const seen = hits.get(sub);
  const counter = seen && seen.until > now ? seen : { count: 0, until: now + WINDOW_MS };
  hits.set(sub, counter);
  if (++counter.count > LIMIT) throw new HTTPException(429);
  await next();
  c.header("RateLimit-Limit", `${LIMIT}`);
  c.header("RateLimit-Remaining", `${LIMIT - counter.count}`);
});

const app = new Hono<App>();
app.use(logger());
app.use(requestId());
app.use(
  "/v1/*",
  jwt({
    secret: JSON.parse((env as Bindings).JWK),
    alg: "ES256",
    verification: { iss: ISSUER, aud: AUDIENCE },
  }),
);
app.use("/v1/*", limiter);
app.get("/v1/orders/:id", (c) => {
  const { search } = new URL(c.req.url);
  return proxy(c.env.ORIGIN + c.req.path + search, {
    raw: c.req.raw,
    headers: {
      ...c.req.header(),
      "X-Forwarded-For": c.req.header("cf-connecting-ip"),
      "X-Forwarded-Host": c.req.header("host"),
      "X-Request-Id": c.get("requestId"),
      "X-Identity-Subject": c.get("jwtPayload").sub,
      Authorization: undefined,
    },
  });
});

export default app;
