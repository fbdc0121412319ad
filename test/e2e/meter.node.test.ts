import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { ask } from "../support/raw-http.ts";
import { bearing, PARTNER, signWithSecret } from "../support/tokens.ts";

const PARTNER_SECRET = "a secret that is at least as long as its hash";
const ISOGATE_ADMIN_SECRET = "operators only.7f3a91";

interface Event {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly data: { readonly value: number; readonly count: number; readonly dimensions: object };
}

/** A billing endpoint: keeps what it is sent by idempotency key, and says what it is told to. */
class Receiver {
  readonly #server: Server;
  readonly had = new Map<string, string>();
  /** How requests are answered, one each; then 200. `silent`: it has the batch and hangs up. */
  readonly answers: Array<number | "silent"> = [];
  requests = 0;
  mismatches = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on("request", (request, response) => {
      let body = "";
      request.on("data", (bytes) => {
        body += String(bytes);
      });
      request.on("end", () => {
        receiver.requests++;
        const answer = receiver.answers.shift() ?? 200;
        const key = String(request.headers["idempotency-key"]);
        if (answer === 200 || answer === "silent") {
          if ((receiver.had.get(key) ?? body) !== body) receiver.mismatches++;
          receiver.had.set(key, body);
        }
        if (answer === "silent") request.socket.destroy();
        else response.writeHead(answer).end();
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  events(type: string, subject: string): Event[] {
    return [...this.had.values()]
      .flatMap((body) => JSON.parse(body) as Event[])
      .filter((event) => event.type === type && event.subject === subject);
  }

  count(type: string, subject: string): number {
    return this.events(type, subject).reduce((sum, { data }) => sum + data.count, 0);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let built: BuiltGateway;
let receiver: Receiver;
let gateway: ServedGateway;
let variables: Readonly<Record<string, string>>;

beforeAll(async () => {
  [built, receiver] = await Promise.all([buildGateway("meter.ts"), Receiver.start()]);
  variables = { PARTNER_SECRET, ISOGATE_ADMIN_SECRET, BILLING_URL: receiver.url };
  gateway = await serveGateway(built, variables);
});
afterAll(async () => {
  await gateway?.stop();
  receiver?.stop();
  if (built !== undefined) await removeGateway(built);
});

const subject = (sub: string) => `${PARTNER}#${sub}`;
const get = async (sub: string, path: string) =>
  ask(gateway.port, path, {
    headers: bearing(await signWithSecret(PARTNER_SECRET, { iss: PARTNER, sub })),
  });
const admin = (method: string, path: string, sub: string, body?: unknown, key?: string) =>
  ask(gateway.port, `/_gateway/admin/meters/${path}?subject=${encodeURIComponent(subject(sub))}`, {
    method,
    headers: {
      authorization: `Bearer ${ISOGATE_ADMIN_SECRET}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(key !== undefined && { "idempotency-key": key }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const arrived = (type: string, sub: string, count: number) =>
  expect.poll(() => receiver.count(type, subject(sub)), { interval: 100, timeout: 20_000 }).toBe(count);
const kill = async () => {
  await gateway.stop();
  gateway = await serveGateway(built, variables, gateway);
};

describe("a meter", () => {
  it("delivers what was counted, by consumer and dimensions, and nothing of what failed", async () => {
    for (let call = 0; call < 3; call++) expect((await get("ada", "/durable")).status).toBe(200);
    expect((await get("ada", "/failing")).status).toBe(404);
    await arrived("durable.call", "ada", 3);
    expect(receiver.events("durable.call", subject("ada"))[0]!.data.dimensions).toEqual({
      route: "GET /durable",
    });
    expect(receiver.count("failing.call", subject("ada"))).toBe(0);
    const { usage } = (await admin("GET", "usage", "ada")).json() as unknown as {
      usage: Array<{ event: string; count: number }>;
    };
    expect(usage.map(({ event, count }) => [event, count])).toEqual([["durable.call", 3]]);
  });

  it("hands over what is not durable soon after", async () => {
    for (let call = 0; call < 5; call++) await get("bob", "/soon");
    await arrived("soon.call", "bob", 5);
  });

  it("loses and doubles nothing that was acknowledged when the gateway is killed and the receiver fails", async () => {
    let acknowledged = 0;
    let asked = 0;
    for (let round = 0; round < 6; round++) {
      receiver.answers.push(500, "silent", 503);
      const calls = Array.from({ length: 20 }, async () => {
        asked++;
        const answer = await get("eve", "/durable").catch(() => undefined);
        if (answer?.status === 200) acknowledged++;
      });
      // Some are under way when it dies.
      await Promise.race([Promise.all(calls), calls[round * 3]]);
      await kill();
      await Promise.all(calls);
    }
    receiver.answers.length = 0;
    await expect
      .poll(() => receiver.count("durable.call", subject("eve")), { interval: 200, timeout: 40_000 })
      .toBeGreaterThanOrEqual(acknowledged);
    await expect
      .poll(async () => (await admin("GET", "outbox", "eve")).json(), { interval: 200, timeout: 40_000 })
      .toEqual({ gathering: 0, batches: [] });
    expect(acknowledged).toBeGreaterThan(0);
    const delivered = receiver.count("durable.call", subject("eve"));
    // What nobody was told of may have been written.
    expect(delivered).toBeGreaterThanOrEqual(acknowledged);
    expect(delivered).toBeLessThanOrEqual(asked);
    expect(receiver.mismatches).toBe(0);
    const ids = receiver.events("durable.call", subject("eve")).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }, 120_000);

  it("puts aside what its receiver will not have, shows it, and sends it when told to", async () => {
    receiver.answers.push(422);
    await get("mia", "/durable");
    await expect
      .poll(async () => JSON.stringify((await admin("GET", "outbox", "mia")).json()), {
        interval: 100,
        timeout: 15_000,
      })
      .toContain("status 422");
    const { batches } = (await admin("GET", "outbox", "mia")).json() as unknown as {
      batches: Array<{ id: string; dead?: true }>;
    };
    expect(batches).toMatchObject([{ dead: true, events: 1 }]);
    expect((await admin("POST", "outbox/retry", "mia", { batch: "other" })).status).toBe(404);
    expect((await admin("POST", "outbox/retry", "mia", { batch: batches[0]!.id })).status).toBe(204);
    await arrived("durable.call", "mia", 1);
  });

  const overall = (method: string, path: string, body?: unknown) =>
    ask(gateway.port, `/_gateway/admin/meters${path}`, {
      method,
      headers: { authorization: `Bearer ${ISOGATE_ADMIN_SECRET}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const owing = async () =>
    overall("GET", "").then((answer) =>
      answer
        .json<{ outboxes: Array<{ subject: string; undelivered: Array<{ dead: number }> }> }>()
        .outboxes.map((each) => [each.subject, each.undelivered.map(({ dead }) => dead)]),
    );

  it("lists whose batches are dead, over the death of the gateway, and sends all of them when told to", async () => {
    receiver.answers.push(422, 422);
    await Promise.all([get("lea", "/durable"), get("max", "/durable")]);
    const both = [
      [subject("lea"), [1]],
      [subject("max"), [1]],
    ];
    await expect.poll(owing, { interval: 100, timeout: 15_000 }).toEqual(both);
    await kill();
    expect(await owing()).toEqual(both);
    const to = { upstream: "billing", path: "/events" };
    expect((await overall("POST", "/retry", to)).json()).toEqual({ batches: 2, failed: [] });
    // It dies with some of it done: what is left of it is done by those that come after.
    await kill();
    await arrived("durable.call", "lea", 1);
    await arrived("durable.call", "max", 1);
    await expect.poll(owing, { interval: 100, timeout: 15_000 }).toEqual([]);
    expect(receiver.mismatches).toBe(0);
  }, 60_000);

  it("gives up a dead batch, and says who did so and why", async () => {
    receiver.answers.push(422);
    await get("tim", "/durable");
    const dead = async () =>
      (await admin("GET", "outbox", "tim"))
        .json<{ batches: Array<{ id: string; dead?: true }> }>()
        .batches.find((each) => each.dead)?.id;
    await expect.poll(dead, { interval: 100, timeout: 15_000 }).toBeDefined();
    const batch = await dead();
    const reason = "billed by hand";
    expect((await admin("POST", "outbox/discard", "tim", { batch, reason })).status).toBe(204);
    await kill();
    const { lines } = (await admin("GET", "audit", "tim")).json<{ lines: object[] }>();
    expect(lines).toMatchObject([
      { did: "discard", actor: "operator", reason, batch, units: { "durable.call": 1 } },
    ]);
    await expect.poll(owing, { interval: 100, timeout: 15_000 }).toEqual([]);
    expect(receiver.count("durable.call", subject("tim"))).toBe(0);
  }, 60_000);
});

describe("a prepaid meter", () => {
  const credit = async (sub: string) => (await admin("GET", "credit", sub)).json();

  it("refuses with 402 who has none left, however many ask at once", async () => {
    expect((await get("zoe", "/paid")).status).toBe(402);
    const top = await admin("POST", "credit", "zoe", { units: 5, reason: "invoice 7" }, "top-1");
    expect(top.json()).toEqual({ balance: 5, reserved: 0 });
    expect((await admin("POST", "credit", "zoe", { units: 5, reason: "invoice 7" }, "top-1")).json()).toEqual(
      { balance: 5, reserved: 0 },
    );
    expect((await admin("POST", "credit", "zoe", { units: 6, reason: "invoice 7" }, "top-1")).status).toBe(
      409,
    );
    expect((await admin("POST", "credit", "zoe", { units: 6, reason: "x" })).status).toBe(400);
    const answers = await Promise.all(Array.from({ length: 20 }, () => get("zoe", "/paid")));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    const refused = answers.find(({ status }) => status !== 200)!;
    expect([refused.status, refused.json().code]).toEqual([402, "credit-used-up"]);
    expect(await credit("zoe")).toEqual({ balance: 0, reserved: 0 });
    const meters = [{ event: "paid.call", reserve: 1 }];
    expect((await get("zoe", "/_gateway/usage")).json()).toEqual({
      credits: [{ balance: 0, reserved: 0, meters }],
    });
    await arrived("paid.call", "zoe", 5);
  });

  it("has what limits took of a request given back that it refuses", async () => {
    for (let call = 0; call < 5; call++) expect((await get("pia", "/limited")).status).toBe(402);
    await admin("POST", "credit", "pia", { units: 1, reason: "gift" }, "top-3");
    const answer = await get("pia", "/limited");
    expect(answer.status).toBe(200);
    expect(answer.all("ratelimit").join()).toMatch(/"hourly";r=8;.*"daily";r=2;/);
  });

  it("charges what the answer says, gives the rest back, and survives being killed", async () => {
    await admin("POST", "credit", "kim", { units: 12, reason: "gift" }, "top-2");
    expect((await get("kim", "/tokens")).status).toBe(200);
    expect(await credit("kim")).toEqual({ balance: 9, reserved: 0 });
    await kill();
    expect(await credit("kim")).toEqual({ balance: 9, reserved: 0 });
    expect((await get("kim", "/tokens")).status).toBe(402);
  });
});
