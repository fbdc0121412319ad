import { Hono } from "hono/tiny";
import type { ConsumersTools } from "./consumers.ts";
import { importedOf } from "./outcome.ts";
import { readImport, shownRecord } from "./record-fields.ts";
import { readCall, readPage } from "./request.ts";

/** Of an import's body, in bytes: 500 keys with a few restrictions each have 250,000. */
const BODY_LIMIT = 4_000_000;
/** A consumer's id, and how many of its keys came before. */
const RECORD_CURSOR = /^[\w.:@-]{1,128}\/\d{1,15}$/;

/**
 * The registry on its way to another gateway, part by part. Keys go as their hashes, so that there the very keys hold
 * that callers have here. Admin tokens do not go along: a copy of a gateway would let in whoever administers the first
 * one. Nor does the audit log, which tells what was done here.
 */
export function createTransferAdmin({ registry, now, actorOf }: ConsumersTools): Hono {
  const app = new Hono();
  app.get("/export", async (c) => {
    const query = readPage(new URL(c.req.url).searchParams, RECORD_CURSOR);
    const { items, next } = await registry.exportRecords(query, { actor: actorOf(c), at: now() });
    return c.json({ records: items.map(shownRecord), next });
  });
  app.post("/import", async (c) => {
    const { body, act } = await readCall(c.req.raw, actorOf(c), now(), BODY_LIMIT);
    const { records, onConflict } = readImport(body);
    return c.json({ outcomes: importedOf(await registry.importRecords(records, onConflict, act)) });
  });
  return app;
}
