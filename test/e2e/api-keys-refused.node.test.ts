import { Agent, request as httpRequest } from "node:http";
import { describe, expect, it } from "vitest";
import { checksum } from "../../src/identity/api-key/checksum.ts";
import type { HttpResponse } from "../support/raw-http.ts";
import { PREFIX, serveKeys, unknownKey } from "./key-holders.ts";

const { served, present, admin, register, addKey } = serveKeys();
const summed = (body: string) => `${body}_${checksum(body)}`;

/** What a client can tell two refusals apart by: all but the request's own id and the time. */
function visible(answer: HttpResponse): unknown {
  const fields = answer.headerNames
    .filter((name) => !["date", "x-request-id", "traceparent"].includes(name))
    .map((name) => [name, answer.all(name)]);
  const { requestId: _, ...body } = answer.json();
  return { status: answer.status, fields, body };
}

describe("keys that do not hold", () => {
  async function revokedKey(): Promise<string> {
    const { id, secret, key } = await register();
    await admin("POST", `/${id}/keys/${key.id}/revoke`);
    return secret;
  }

  it("are refused with one and the same answer", async () => {
    const malformed = [summed(`${PREFIX}_short`), summed(`${PREFIX}_${"$".repeat(24)}`)];
    const garbage = [`${PREFIX}_garbage`, "garbage", "\u00e9", `${unknownKey()}x`];
    const keys = [unknownKey(), await revokedKey(), ...malformed, ...garbage];
    const answers = [];
    for (const key of [...keys, ...keys]) answers.push(visible(await present(key)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: "credential-invalid" } });
  });

  it("cannot be told apart by the medians of 10,000 requests", async () => {
    const keys = {
      unknown: [unknownKey()],
      revoked: [await revokedKey()],
      malformed: [summed(`${PREFIX}_${"$".repeat(24)}`)],
    };
    expect(await spreadOfMedians(keys, 3_400)).toBeLessThan(1.05);
  });

  it("cannot be told apart at first sight either, when the registry is asked", async () => {
    const count = 300;
    const { id } = await register();
    const keys = { unknown: [] as string[], revoked: [] as string[], malformed: [] as string[] };
    for (let n = 0; n < count; n++) {
      const { secret, key } = await addKey(id);
      await admin("POST", `/${id}/keys/${key.id}/revoke`);
      keys.revoked.push(secret);
      keys.unknown.push(unknownKey());
      keys.malformed.push(summed(`${PREFIX}_${n}${"$".repeat(20)}`));
    }
    expect(await spreadOfMedians(keys, count)).toBeLessThan(1.15);
  });

  /** How many times as long the slowest kind of key takes as the quickest: the medians of requests one by one. */
  async function spreadOfMedians(
    keys: Readonly<Record<string, readonly string[]>>,
    rounds: number,
  ): Promise<number> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const kinds = Object.values(keys).map((texts) => ({ texts, times: [] as number[] }));
    for (let round = 0; round < rounds; round++) {
      // In turns, and in another order each time, so that whatever else the machine does meets all of them.
      for (let turn = 0; turn < kinds.length; turn++) {
        const { texts, times } = kinds[(round + turn) % kinds.length]!;
        const start = performance.now();
        expect(await statusOver(agent, texts[round % texts.length]!)).toBe(401);
        times.push(performance.now() - start);
      }
    }
    agent.destroy();
    const medians = kinds.map(({ times }) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!);
    return Math.max(...medians) / Math.min(...medians);
  }

  function statusOver(agent: Agent, key: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { "x-api-key": key };
      const { port } = served.gateway;
      const request = httpRequest({ agent, host: "127.0.0.1", port, path: "/plain", headers });
      request.once("error", reject);
      request.once("response", (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode ?? 0));
      });
      request.end();
    });
  }

  it("are not even looked at once too many have come from an address", async () => {
    const { secret } = await register();
    const from = (key: string, address: string) => present(key, "/guessed", { "cf-connecting-ip": address });
    for (let n = 0; n < 3; n++) expect((await from(unknownKey(), "192.0.2.99")).status).toBe(401);
    expect((await from(unknownKey(), "192.0.2.99")).status).toBe(429);
    expect((await from(secret, "192.0.2.99")).status).toBe(429);
    expect((await from(secret, "192.0.2.100")).status).toBe(200);
  });
});
