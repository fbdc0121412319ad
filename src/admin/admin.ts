import { Hono } from "hono/tiny";
import type { Deps } from "../deps.ts";
import { catalog } from "../errors/catalog.ts";
import { problem } from "../errors/problem.ts";
import { refuse } from "../errors/refusal.ts";
import type { Blueprint, RouteBlueprint } from "../manifest/blueprint.ts";
import { causeText } from "../observe/cause.ts";
import { ADMIN_PREFIX } from "./prefix.ts";
import { sameSecret } from "./same-secret.ts";

/** What the admin app knows. */
interface Options {
  readonly blueprint: Pick<Blueprint, "hash" | "version" | "routes">;
  /** Without it the parts that need it do not exist. */
  readonly secret: string | undefined;
  readonly requestId: () => string;
  readonly log: Deps["log"];
}

/** The app under `/_gateway`: health, version and error codes for everyone; the rest for whoever has the secret. */
export function createAdmin({ blueprint, secret, requestId, log }: Options): Hono {
  const { hash, version, routes } = blueprint;
  const app = new Hono().basePath(ADMIN_PREFIX);
  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
  });
  app.get("/health", (c) => c.json({ status: "ok", version, manifest: hash }));
  app.get("/version", (c) => c.json({ version, manifest: hash }));
  app.get("/errors", (c) => c.json(catalog));

  if (secret !== undefined && secret !== "") {
    const admin = new Hono();
    admin.use(async (c, next) => {
      const [, token = ""] = /^bearer (.*)$/i.exec(c.req.header("authorization") ?? "") ?? [];
      if (token !== "" && (await sameSecret(token, secret))) return next();
      const headers = [["www-authenticate", 'Bearer realm="isogate admin"']] as const;
      return problem(
        refuse(token === "" ? "credential-missing" : "credential-invalid", { headers }),
        requestId(),
      );
    });
    admin.get("/manifest", (c) => c.json({ version, manifest: hash, routes: routes.map(summary) }));
    app.route("/admin", admin);
  }
  app.notFound(() => problem(refuse("route-not-found"), requestId()));
  app.onError((cause) => {
    const id = requestId();
    log({ level: "error", event: "admin-failure", id, cause: causeText(cause) });
    return problem(refuse("internal-error"), id);
  });
  return app;
}

/** A route without its options: those may name what is nobody's business. */
function summary(json: string): object {
  const { id, authenticates, policies, action } = JSON.parse(json) as RouteBlueprint;
  return { route: id, authenticates, policies: policies.map(([name]) => name), action: action[0] };
}
