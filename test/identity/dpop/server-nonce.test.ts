import { describe, expect, it } from "vitest";
import { createServerNonces } from "../../../src/identity/dpop/server-nonce.ts";
import { NOW } from "../support.ts";

const SECRET = "a secret that is at least thirty-two bytes long";
const PERIOD = 5 * 60_000;

describe("a nonce of the gateway's", () => {
  it("is the same wherever the secret is, and another for another", async () => {
    const [one, two] = [createServerNonces(SECRET)!, createServerNonces(SECRET)!];
    expect(await one.current(NOW)).toBe(await two.current(NOW));
    expect(await one.current(NOW)).not.toBe(await createServerNonces(`${SECRET}.`)!.current(NOW));
    expect(await one.current(NOW)).toMatch(/^[\w-]{43}$/);
  });

  it("is good for its period and the next", async () => {
    const start = Math.floor(NOW / PERIOD) * PERIOD;
    const nonces = createServerNonces(SECRET)!;
    const nonce = await nonces.current(start);
    expect(await nonces.judge(nonce, start + PERIOD - 1)).toBe("current");
    expect(await nonces.judge(nonce, start + PERIOD)).toBe("due");
    expect(await nonces.judge(nonce, start + 2 * PERIOD - 1)).toBe("due");
    expect(await nonces.judge(nonce, start + 2 * PERIOD)).toBe("refused");
    expect(await nonces.judge(nonce, start - 1)).toBe("refused");
    expect(await nonces.judge(undefined, start)).toBe("refused");
  });

  it("needs a secret that is worth it", () => {
    expect([undefined, "", "x".repeat(31)].map(createServerNonces)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
