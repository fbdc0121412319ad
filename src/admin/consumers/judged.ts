import { Hono } from "hono/tiny";
import { problem } from "../../errors/problem.ts";
import { Refusal } from "../../errors/refusal.ts";
import { ADMIN_PREFIX } from "../prefix.ts";
import { type ConsumersTools, createConsumersAdmin } from "./consumers.ts";
import { judgeAdmin } from "./judge-admin.ts";

/** {@link createConsumersAdmin} behind the judge: the operators' secret is let in, and tokens made for it. */
export function createJudgedConsumersAdmin({
  secret,
  requestId,
  ...tools
}: Omit<ConsumersTools, "actorOf"> & { readonly secret: string; readonly requestId: () => string }): Hono {
  const app = new Hono<{ Variables: { actor: string } }>();
  app.use(async (c, next) => {
    const path = c.req.path.slice(`${ADMIN_PREFIX}/consumers`.length);
    const actor = await judgeAdmin(c.req.raw, path, { secret, registry: tools.registry, now: tools.now });
    if (actor instanceof Refusal) return problem(actor, requestId());
    c.set("actor", actor);
    return next();
  });
  app.route("/", createConsumersAdmin({ ...tools, actorOf: (c) => c.get("actor") }));
  return app as unknown as Hono;
}
