import { expect } from "vitest";
import { generateKey } from "../../src/identity/api-key/format.ts";
import type { ServedGateway } from "../support/gateway.ts";
import { ask, type HttpRequest, type HttpResponse } from "../support/raw-http.ts";
import { serve } from "./served.ts";

export const PARTNER_SECRET = "a secret that is at least as long as its hash";
const ISOGATE_ADMIN_SECRET = "operators only.7f3a91";
export const PREFIX = "shop_live";

/** The gateway's environment. @param url of its origin */
export const variables = (url: string) => ({ ORIGIN: url, PARTNER_SECRET, ISOGATE_ADMIN_SECRET });

/** A key that was never made. */
export const unknownKey = () => generateKey(PREFIX, (bytes) => crypto.getRandomValues(bytes));

/** A key as the admin API shows it once. */
export interface Made {
  readonly secret: string;
  readonly key: { readonly id: string };
}

/** Serves api-keys.ts to a file's tests, and what they register and ask with. */
export function serveKeys() {
  const served = serve("api-keys.ts", (origin) => variables(origin.url));

  const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
  const present = (key: string, path = "/me", headers: Record<string, string> = {}) =>
    get(path, { headers: { "x-api-key": key, ...headers } });

  /** Calls the admin API as an operator does. */
  function admin(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
    { port }: ServedGateway = served.gateway,
  ): Promise<HttpResponse> {
    const authorization = `Bearer ${ISOGATE_ADMIN_SECRET}`;
    return ask(port, `/_gateway/consumers${path}`, {
      method,
      headers: { authorization, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  let consumers = 0;
  /** Registers a consumer with a key. */
  async function register(key: object = {}, consumer: object = {}) {
    const id = `consumer-${++consumers}`;
    const created = await admin("POST", "", { id, ...consumer });
    expect([created.status, created.text]).toEqual([201, expect.anything()]);
    return { id, ...(await addKey(id, key)) };
  }
  async function addKey(id: string, key: object = {}): Promise<Made> {
    const made = await admin("POST", `/${id}/keys`, { prefix: PREFIX, ...key });
    expect([made.status, made.text]).toEqual([201, expect.anything()]);
    return made.json<Made & Record<string, unknown>>();
  }

  return { served, get, present, admin, register, addKey };
}
