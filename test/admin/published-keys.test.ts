import { expect, it } from "vitest";
import { publishedKeys } from "../../src/admin/published-keys.ts";

it("public keys are asked for once a minute, however often they are fetched", async () => {
  let now = 0;
  let asked = 0;
  const key = { jwks: async () => ({ keys: [{ kty: "EC", kid: `key-${++asked}` }] }) };
  const answer = publishedKeys(key, () => now);
  for (now = 0; now < 60_000; now += 5_000) {
    const response = await answer();
    expect(response.headers.get("content-type")).toBe("application/jwk-set+json");
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(await response.json()).toEqual({ keys: [{ kty: "EC", kid: "key-1" }] });
  }
  now = 60_000;
  expect(await (await answer()).json()).toEqual({ keys: [{ kty: "EC", kid: "key-2" }] });
});
