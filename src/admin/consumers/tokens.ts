import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import { randomBase62 } from "../../identity/api-key/base62.ts";
import { generateKey } from "../../identity/api-key/format.ts";
import { hashKey } from "../../identity/api-key/hash.ts";
import { ADMIN_SCOPES, type AdminScope, type NewAdminToken } from "../../stores/consumers/admin-token.ts";
import type { ConsumersTools } from "./consumers.ts";
import { CAPTION, type Form, fieldsOf, optional, optionalList, required, wrongField } from "./fields.ts";
import { ADMIN_PREFIX, OPERATOR } from "./judge-admin.ts";
import { timeAfter } from "./key-fields.ts";
import { doneOf } from "./outcome.ts";
import { readCall } from "./request.ts";
import { shown } from "./shown.ts";

/** 95 bits. */
const ID_LENGTH = 16;
const SCOPE: Form = {
  is: (value) => ADMIN_SCOPES.some((scope) => scope === value),
  what: `one of ${ADMIN_SCOPES.join(", ")}`,
};
/** Tokens of the consumers' admin API: made, listed and revoked by whoever has the gateway's secret. */
export function createTokensAdmin({ registry, now, random, actorOf }: ConsumersTools): Hono {
  const app = new Hono();
  const call = (c: Context) => readCall(c.req.raw, actorOf(c), now());
  app.use(async (c, next) => {
    if (actorOf(c) === OPERATOR) return next();
    const detail = "Only whoever has the gateway's own secret may do this.";
    throw new RefusalError(refuse("insufficient-rights", { detail }));
  });
  app.get("/", async (c) => c.json({ tokens: (await registry.tokens()).map(shown) }));
  app.post("/", async (c) => {
    const { body, act } = await call(c);
    const fields = readNewToken(body, now());
    const secret = generateKey(ADMIN_PREFIX, random);
    const token = { ...fields, id: `tok_${randomBase62(ID_LENGTH, random)}`, hash: await hashKey(secret) };
    const { value, repeated } = doneOf(await registry.addToken(token, act));
    return repeated ? c.json({ token: shown(value) }) : c.json({ token: shown(value), secret }, 201);
  });
  app.post("/:token/revoke", async (c) => {
    const { act } = await call(c);
    return c.json({ token: shown(doneOf(await registry.revokeToken(c.req.param("token"), act)).value) });
  });
  return app;
}

function readNewToken(body: unknown, at: number): Omit<NewAdminToken, "id" | "hash"> {
  const fields = fieldsOf(body, ["name", "scopes", "expiresAt"]);
  const name = required<string>(fields, "name", CAPTION);
  if (name === OPERATOR) throw wrongField("name", `is not "${OPERATOR}"`);
  const scopes = optionalList(fields, "scopes", SCOPE) as AdminScope[] | undefined;
  if (scopes === undefined || scopes.length === 0)
    throw wrongField("scopes", `lists what it is for: ${SCOPE.what}`);
  const expiresAt = optional<string>(fields, "expiresAt", timeAfter(at));
  return { name, scopes, ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }) };
}
