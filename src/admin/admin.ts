import { Hono } from "hono/tiny";
import type { Deps } from "../deps.ts";
import { catalog } from "../errors/catalog.ts";
import { problem } from "../errors/problem.ts";
import { RefusalError, refuse } from "../errors/refusal.ts";
import type { Blueprint, RouteBlueprint } from "../manifest/blueprint.ts";
import { causeText } from "../observe/cause.ts";
import { hoursAgo } from "../observe/refusal-tally.ts";
import { KEPT_HOURS, type RefusalStore } from "../stores/refusals/refusal-store.ts";
import type { SigningKey } from "../upstream/declare.ts";
import { answerExplain, type Explain } from "./explain.ts";
import { ADMIN_PREFIX } from "./prefix.ts";
import { publishedKeys } from "./published-keys.ts";
import { sameSecret } from "./same-secret.ts";

/** What the admin app knows. */
interface Options {
  readonly blueprint: Pick<Blueprint, "hash" | "version" | "routes" | "policies">;
  /** Without it the parts that need it do not exist. */
  readonly secret: string | undefined;
  readonly requestId: () => string;
  readonly refusals: Pick<RefusalStore, "since">;
  /** Deny and allow lists, for whoever has the secret. Absent where no route heeds any. */
  readonly blocks?: Hono | undefined;
  /** What callers have used of quotas, for whoever has the secret. Absent where no route has any. */
  readonly quotas?: Hono | undefined;
  /** What is billed and where it is on its way, for whoever has the secret. Absent where no route is metered. */
  readonly meters?: Hono | undefined;
  /** Registered callers; it judges itself who may ask. Absent where no route is for any. */
  readonly consumers?: Hono | undefined;
  /** Absent where no upstream is told in a token who calls: its public keys do not exist then. */
  readonly identityKey?: Pick<SigningKey, "jwks">;
  readonly explain: Explain;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: Deps["log"];
}

/** The app under `/_gateway`: health, version and error codes for everyone; the rest for whoever has the secret. */
export function createAdmin(options: Options): Hono {
  const {
    blueprint,
    secret,
    requestId,
    refusals,
    blocks,
    quotas,
    meters,
    consumers,
    identityKey,
    explain,
    now,
    log,
  } = options;
  const { hash, version } = blueprint;
  const app = new Hono().basePath(ADMIN_PREFIX);
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
  });
  app.get("/health", (c) => c.json({ status: "ok", version, manifest: hash }));
  app.get("/version", (c) => c.json({ version, manifest: hash }));
  app.get("/errors", (c) => c.json(catalog));
  if (identityKey !== undefined) app.get("/jwks.json", publishedKeys(identityKey, now));

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
    admin.get("/manifest", (c) => c.json({ version, manifest: hash, routes: summaries(blueprint) }));
    admin.get("/refusals", async (c) => {
      const hours = Number(c.req.query("hours") ?? 24);
      if (!Number.isInteger(hours) || hours < 1 || hours > KEPT_HOURS) {
        const detail = `hours is a whole number from 1 to ${KEPT_HOURS}.`;
        return problem(refuse("malformed-query", { detail }), requestId());
      }
      return c.json({ hours, counts: await refusals.since(hoursAgo(hours - 1, now())) });
    });
    if (blocks !== undefined) admin.route("/blocks", blocks);
    if (quotas !== undefined) admin.route("/quotas", quotas);
    if (meters !== undefined) admin.route("/meters", meters);
    admin.post("/explain", (c) => answerExplain(c.req.raw, c.executionCtx, explain, requestId()));
    app.route("/admin", admin);
    if (consumers !== undefined) app.route("/consumers", consumers);
  }
  app.notFound(() => problem(refuse("route-not-found"), requestId()));
  app.onError((cause) => {
    const id = requestId();
    if (cause instanceof RefusalError) return problem(cause.refusal, id);
    log({ level: "error", event: "admin-failure", id, cause: causeText(cause) });
    return problem(refuse("internal-error"), id);
  });
  return app;
}

/** Routes without their options: those may name what is nobody's business. */
function summaries({ routes, policies }: Options["blueprint"]): object[] {
  const names = policies.map((json) => (JSON.parse(json) as [name: string])[0]);
  return routes.map((json) => {
    const { id, authenticates = false, policies, action } = JSON.parse(json) as RouteBlueprint;
    return { route: id, authenticates, policies: policies.map((number) => names[number]), action: action[0] };
  });
}
