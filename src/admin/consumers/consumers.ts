import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { Deps } from "../../deps.ts";
import { randomBase62 } from "../../identity/api-key/base62.ts";
import { generateKey } from "../../identity/api-key/format.ts";
import { hashKey } from "../../identity/api-key/hash.ts";
import type { ConsumerRegistry } from "../../stores/consumers/consumer-registry.ts";
import { readConsumerChange, readNewConsumer } from "./consumer-fields.ts";
import { readNewKey, readOverlap } from "./key-fields.ts";
import { doneOf, present } from "./outcome.ts";
import { etag, readCall, readPage, readVersion } from "./request.ts";
import { shown } from "./shown.ts";
import { createTokensAdmin } from "./tokens.ts";
import { createTransferAdmin } from "./transfer.ts";

/** What the consumers' part of the admin app works with. */
export interface ConsumersTools extends Pick<Deps, "now" | "random"> {
  readonly registry: ConsumerRegistry;
  /** Who calls: whoever comes here has been let in. */
  readonly actorOf: (context: Context) => string;
}

/** Random digits of an id: 62¹⁶ is 95 bits. */
const ID_LENGTH = 16;
const CONSUMER_CURSOR = /^[\w.:@-]{1,128}$/;
const LINE_CURSOR = /^\d{1,15}$/;

/**
 * The registered callers and their keys, as JSON. A write that bears an `Idempotency-Key` is done once; a change names
 * the version it has seen in `If-Match`. A key's text is in the answer to its creation and nowhere else, ever.
 */
export function createConsumersAdmin(tools: ConsumersTools): Hono {
  const { registry, now, random, actorOf } = tools;
  const app = new Hono();
  const newId = (kind: string) => `${kind}_${randomBase62(ID_LENGTH, random)}`;
  const call = (c: Context) => readCall(c.req.raw, actorOf(c), now());
  /** A key that is another consumer's is not there. */
  async function keyOf(c: Context) {
    const found = present(await registry.consumer(c.req.param("id") ?? ""));
    return present(found.keys.find(({ id }) => id === c.req.param("key")));
  }

  app.get("/", async (c) => {
    const { items, next } = await registry.consumers(readPage(queryOf(c), CONSUMER_CURSOR));
    return c.json({ consumers: items.map(shown), next });
  });
  app.post("/", async (c) => {
    const { body, act } = await call(c);
    const { id = newId("con"), ...fields } = readNewConsumer(body);
    const { value, repeated } = doneOf(await registry.create({ id, ...fields }, act));
    c.header("location", `${c.req.path}/${encodeURIComponent(value.id)}`);
    c.header("etag", etag(value));
    return c.json(shown(value), repeated ? 200 : 201);
  });
  app.get("/audit", async (c) => {
    const query = queryOf(c);
    const consumer = query.get("consumer") ?? undefined;
    const { items, next } = await registry.audit(readPage(query, LINE_CURSOR), consumer);
    return c.json({ lines: items.map(shown), next });
  });
  app.route("/tokens", createTokensAdmin(tools));
  app.route("/", createTransferAdmin(tools));
  app.get("/:id", async (c) => {
    const { consumer, keys } = present(await registry.consumer(c.req.param("id")));
    c.header("etag", etag(consumer));
    return c.json({ ...shown(consumer), keys: keys.map(shown) });
  });
  app.patch("/:id", async (c) => {
    const { body, act } = await call(c);
    const change = readConsumerChange(body);
    const version = readVersion(c.req.raw.headers);
    const { value } = doneOf(await registry.change(c.req.param("id"), change, version, act));
    c.header("etag", etag(value));
    return c.json(shown(value));
  });
  app.delete("/:id", async (c) => {
    const { act } = await call(c);
    doneOf(await registry.remove(c.req.param("id"), readVersion(c.req.raw.headers), act));
    return c.body(null, 204);
  });

  app.post("/:id/keys", async (c) => {
    const { body, act } = await call(c);
    const fields = readNewKey(body, now());
    const secret = generateKey(fields.prefix, random);
    const key = { ...fields, id: newId("key"), hash: await hashKey(secret) };
    const { value, repeated } = doneOf(await registry.addKey(c.req.param("id"), key, act));
    // What was not kept cannot be shown again.
    return repeated ? c.json({ key: shown(value) }) : c.json({ key: shown(value), secret }, 201);
  });
  app.post("/:id/keys/:key/roll", async (c) => {
    const { body, act } = await call(c);
    const overlap = readOverlap(body);
    const old = await keyOf(c);
    const secret = generateKey(old.prefix, random);
    const next = { id: newId("key"), hash: await hashKey(secret) };
    const { value, repeated } = doneOf(await registry.rollKey(old.id, next, overlap, act));
    return repeated ? c.json({ key: shown(value) }) : c.json({ key: shown(value), secret }, 201);
  });
  app.post("/:id/keys/:key/revoke", async (c) => {
    const { act } = await call(c);
    const { value } = doneOf(await registry.revokeKey((await keyOf(c)).id, act));
    return c.json({ key: shown(value) });
  });
  return app;
}

function queryOf(c: Context): URLSearchParams {
  return new URL(c.req.url).searchParams;
}
