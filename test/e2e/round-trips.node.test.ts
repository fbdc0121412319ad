import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { ask, type HttpRequest } from "../support/raw-http.ts";
import { bearing, signer } from "../support/tokens.ts";
import { type Made, PREFIX, unknownKey, variables } from "./key-holders.ts";

const REQUESTS = 1_000;
/** Requests on their way at a time. */
const AT_ONCE = 10;

/** Sends the same request again and again, until the last is logged. @returns the statuses that it was answered with */
async function repeat(gateway: ServedGateway, path: string, init: HttpRequest): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => ask(gateway.port, path, init)));
    for (const { status } of answers) statuses.add(status);
    // What the request led to is on the output by then.
    await Promise.all(answers.map((answer) => gateway.line(answer.header("x-request-id"))));
  }
  return statuses;
}

describe("a key that is presented a thousand times", () => {
  const environment = variables("http://127.0.0.1:1");
  let built: BuiltGateway;
  let gateway: ServedGateway;

  beforeAll(async () => {
    built = await buildGateway("api-keys.ts");
    await countCalls(built);
    gateway = await serveGateway(built, environment);
  });
  afterAll(async () => {
    await gateway.stop();
    await removeGateway(built);
  });

  const calls = () => gateway.output().match(/registry-object: \w+/g) ?? [];
  async function admin(path: string, body: object) {
    const headers = {
      authorization: `Bearer ${environment.ISOGATE_ADMIN_SECRET}`,
      "content-type": "application/json",
    };
    const call = { method: "POST", headers, body: JSON.stringify(body) };
    return (await ask(gateway.port, `/_gateway/consumers${path}`, call)).json<Made & object>();
  }
  const presenting = (key: string) => ({ headers: { "x-api-key": key } });

  it("is asked about once, and its use is noted once", async () => {
    await admin("", { id: "acme" });
    const { secret } = await admin("/acme/keys", { prefix: PREFIX });
    const before = calls().length;
    expect(await repeat(gateway, "/plain", presenting(secret))).toEqual(new Set([200]));
    await expect.poll(() => calls().slice(before)).toHaveLength(2);
    expect(calls().slice(before)).toEqual(["registry-object: find", "registry-object: noteUse"]);
  });

  it("and does not hold, is asked about once in five seconds", async () => {
    const before = calls().length;
    const start = performance.now();
    expect(await repeat(gateway, "/plain", presenting(unknownKey()))).toEqual(new Set([401]));
    const most = 1 + Math.floor((performance.now() - start) / 5_000);
    const asked = calls().slice(before);
    expect(new Set(asked)).toEqual(new Set(["registry-object: find"]));
    expect(asked.length).toBeLessThanOrEqual(most);
  });

  it("and has a wrong checksum, is never asked about", async () => {
    const before = calls().length;
    expect(await repeat(gateway, "/plain", presenting(`${unknownKey()}x`))).toEqual(new Set([401]));
    expect(calls().slice(before)).toEqual([]);
  });
});

/** Has a built gateway's registry object say on the standard output what it is called for. */
async function countCalls({ directory }: BuiltGateway): Promise<void> {
  const config = join(directory, "out/config.capnp");
  const text = await readFile(config, "utf8");
  const modules = `(name = "counted.js", esModule = embed "counted.js"), (name = "worker.js", esModule = embed "worker.js")`;
  const changed = text.replace(`(name = "worker.js", esModule = embed "worker.js")`, modules);
  expect(changed).not.toBe(text);
  await writeFile(config, changed);
  await writeFile(
    join(directory, "out/counted.js"),
    `import { ConsumersObject as Registry } from "worker.js";
export * from "worker.js";
export { default } from "worker.js";
export class ConsumersObject extends Registry {}
for (const name of Object.getOwnPropertyNames(Registry.prototype)) {
  if (name === "constructor") continue;
  const method = Registry.prototype[name];
  ConsumersObject.prototype[name] = function (...args) {
    console.log("registry-object: " + name);
    return method.apply(this, args);
  };
}
`,
  );
}

describe("a token that is presented a thousand times", () => {
  let built: BuiltGateway;
  let gateway: ServedGateway;
  let issuer: Origin;

  beforeAll(async () => {
    issuer = await startOrigin();
    built = await buildGateway("keys.ts", { ISSUER_URL: issuer.url });
    gateway = await serveGateway(built, { ISSUER: issuer.url });
  });
  afterAll(async () => {
    await Promise.all([gateway.stop(), issuer.stop()]);
    await removeGateway(built);
  });

  it("makes its issuer's keys be fetched once, and nothing else", async () => {
    const { jwk, sign } = await signer("ES256", "only");
    await issuer.answer("/jwks.json", { body: JSON.stringify({ keys: [jwk] }) });
    const token = await sign();
    expect(await repeat(gateway, "/url", { headers: bearing(token) })).toEqual(new Set([200]));
    expect(await issuer.count()).toBe(1);
  });
});
