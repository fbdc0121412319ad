import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { ask } from "../support/raw-http.ts";
import { bearing, type Signer, signer } from "../support/tokens.ts";

let built: BuiltGateway;
let issuer: Origin;
let first: Signer;
let second: Signer;
const running: ServedGateway[] = [];

beforeAll(async () => {
  issuer = await startOrigin();
  [built, first, second] = await Promise.all([
    buildGateway("keys.ts", { ISSUER_URL: issuer.url }),
    signer("ES256", "first"),
    signer("ES256", "second"),
  ]);
});

afterAll(async () => {
  await Promise.all([...running.map((gateway) => gateway.stop()), issuer.stop()]);
  await removeGateway(built);
});

/** A gateway that knows no keys yet. */
async function cold(): Promise<ServedGateway> {
  const gateway = await serveGateway(built, { ISSUER: issuer.url });
  running.push(gateway);
  return gateway;
}

const publish = (...signers: readonly Signer[]) =>
  issuer.answer("/jwks.json", {
    headers: [["content-type", "application/jwk-set+json"]],
    body: JSON.stringify({ keys: signers.map(({ jwk }) => jwk) }),
  });
const fetches = async () => (await issuer.requests("/jwks.json")).length;
/** A token as the path's issuer signs it: who is discovered is named by the address. */
const token = (path: string, by: Signer) => by.sign(path === "/discovery" ? { iss: issuer.url } : {});
const present = async ({ port }: ServedGateway, path: string, by: Signer) =>
  ask(port, path, { headers: bearing(await token(path, by)) });
const METADATA = "/.well-known/openid-configuration";
const describeIssuer = (metadata: object = {}) =>
  issuer.answer(METADATA, {
    body: JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks.json`, ...metadata }),
  });

describe.each(["/url", "/upstream", "/discovery"])("a key set for %s", (path) => {
  beforeAll(() => describeIssuer());

  it("is fetched once by all that wait for it, rotated with its issuer, and outlives it", async () => {
    await publish(first);
    const gateway = await cold();
    const before = await fetches();
    const answers = await Promise.all(Array.from({ length: 10 }, () => present(gateway, path, first)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(await fetches()).toBe(before + 1);

    const remembered = await token(path, first);
    expect((await ask(gateway.port, path, { headers: bearing(remembered) })).status).toBe(200);
    await publish(second);
    expect((await present(gateway, path, second)).status).toBe(200);
    expect(await fetches()).toBe(before + 2);
    // What a withdrawn key has proved holds no longer, remembered or not.
    expect((await ask(gateway.port, path, { headers: bearing(remembered) })).status).toBe(401);
    expect((await present(gateway, path, first)).status).toBe(401);

    await issuer.answer("/jwks.json", { status: 500 });
    expect((await present(gateway, path, second)).status).toBe(200);
    expect((await present(gateway, path, first)).status).toBe(401);
  });

  it.each([
    ["sends its login page", { headers: [["content-type", "text/html"]], body: "<html>" }],
    ["sends nobody's keys", { body: '{"keys":[]}' }],
    ["points elsewhere", { status: 302, headers: [["location", "http://127.0.0.1:1/jwks.json"]] }],
  ] as const)("of an issuer that %s is none: a 503", async (_, answer) => {
    await issuer.answer("/jwks.json", answer);
    const refused = await present(await cold(), path, first);
    expect([refused.status, refused.json().code]).toEqual([503, "key-set-unavailable"]);
  });

  it("of an issuer that fails is a 503, until it is there", async () => {
    await issuer.answer("/jwks.json", { status: 500, body: "no" });
    const gateway = await cold();
    const refused = await present(gateway, path, first);
    expect([refused.status, refused.json().code]).toEqual([503, "key-set-unavailable"]);
    expect(Number(refused.header("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await gateway.line(refused.header("x-request-id"))).toMatchObject({
      status: 503,
      fault: "upstream",
    });
    // What needs no key is served meanwhile, and who presents nothing is told so.
    expect((await ask(gateway.port, "/open")).status).toBe(200);
    expect((await ask(gateway.port, path)).status).toBe(401);

    await publish(first);
    await expect.poll(async () => (await present(gateway, path, first)).status, { timeout: 5_000 }).toBe(200);
  });

  it("of an issuer that does not answer is waited for no longer than the route's deadline", async () => {
    await issuer.answer("/jwks.json", { body: "{}", delay: 60_000 });
    const gateway = await cold();
    const started = performance.now();
    const refused = await present(gateway, path, first);
    expect(refused.status).toBe(503);
    expect(performance.now() - started).toBeLessThan(1_500);
  });
});

describe("an issuer that is asked where its keys are", () => {
  it.each<[string, object]>([
    ["says that it is another", { issuer: "https://evil.example" }],
    ["says nothing of keys", { jwks_uri: undefined }],
    ["names a place that is not safe", { jwks_uri: "http://login.example/jwks.json" }],
  ])("and %s has none: a 503", async (_, metadata) => {
    await publish(first);
    await describeIssuer(metadata);
    const refused = await present(await cold(), "/discovery", first);
    expect([refused.status, refused.json().code]).toEqual([503, "key-set-unavailable"]);
    await describeIssuer();
  });
});

/** Callers that ask with a new token each time, as fast as they are answered. */
function load(gateway: ServedGateway, path: string, callers: number, by: () => Signer) {
  const statuses: number[] = [];
  let waiting: { readonly count: number; readonly reached: () => void } | undefined;
  let running = true;
  const call = async () => {
    while (running) {
      statuses.push((await present(gateway, path, by())).status);
      if (waiting !== undefined && statuses.length >= waiting.count) waiting.reached();
    }
  };
  const calls = Array.from({ length: callers }, call);
  return {
    /** Waits for so many more answers. */
    more: (count: number) =>
      new Promise<void>((reached) => {
        waiting = { count: statuses.length + count, reached };
      }),
    async end(): Promise<readonly number[]> {
      running = false;
      await Promise.all(calls);
      return statuses;
    },
  };
}

describe.each(["/url", "/upstream", "/discovery"])(
  "an issuer that rotates its keys under load, for %s",
  (path) => {
    it("has no good token refused: not when it signs with a new key at once, drops the old one, or goes down", async () => {
      await describeIssuer();
      await publish(first);
      const gateway = await cold();
      const before = await fetches();
      let current = first;
      const callers = load(gateway, path, 8, () => current);
      await callers.more(100);
      await publish(first, second);
      current = second;
      await callers.more(100);
      // By now no token of the old key is on its way.
      await publish(second);
      await callers.more(100);
      await issuer.answer("/jwks.json", { status: 500 });
      await issuer.answer(METADATA, { status: 500 });
      await callers.more(100);
      const statuses = await callers.end();
      expect(statuses.length).toBeGreaterThanOrEqual(400);
      expect(statuses.filter((status) => status !== 200)).toEqual([]);
      // Once when it was met, and once when its new key was.
      expect(await fetches()).toBe(before + 2);
    });
  },
);
