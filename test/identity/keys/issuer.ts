import { vi } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { createKeySets } from "../../../src/identity/key-sets.ts";
import type { FetchKeySet } from "../../../src/identity/keys/fetch-key-set.ts";
import type { SharedKeySets } from "../../../src/identity/keys/shared-key-sets.ts";
import { AUDIENCE, bearing, clock, GOOD, ISSUER, jwtCredential, type TestKey } from "../support.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const KEYS_URL = "https://issuer.example/keys";

/** Two days, so that only keys decide. */
const LASTING = { ...GOOD, exp: GOOD.exp + 48 * 3_600 };

/** A credential whose issuer's keys come from a URL that the test answers for. */
export function issuer({ keys, shared }: { keys: TestKey[]; shared?: SharedKeySets }) {
  const now = clock();
  const state = { keys, headers: {} as Record<string, string> };
  const answer: FetchKeySet = async () =>
    Response.json({ keys: state.keys.map(({ publicJwk }) => publicJwk) }, { headers: state.headers });
  const fetchKeySet = vi.fn(answer);
  const keySets = createKeySets({ now, fetchKeySet, ...(shared && { shared }) });
  const issuers = { issuer: ISSUER, audience: AUDIENCE, keys: { url: KEYS_URL } };
  const credential = jwtCredential({ issuers }, { now, keySets });
  let background: ReadonlyArray<Promise<unknown>> = [];

  const present = (token: string, deadline = 30_000) => {
    const ctx = Object.assign(bearing(token), { budget: new Budget(now() + deadline) });
    background = ctx.background;
    return credential.verify(ctx);
  };
  return {
    now,
    state,
    fetchKeySet,
    /** A token that no cache knows. */
    token: (key: TestKey) => key.sign({ ...LASTING, jti: crypto.randomUUID() }),
    present,
    /** Verifies a new token of the key. */
    verify: async (key: TestKey) => present(await key.sign({ ...LASTING, jti: crypto.randomUUID() })),
    /** Waits for what the last request left running behind its answer. */
    settled: async () => void (await Promise.all(background)),
    fail: () => fetchKeySet.mockImplementation(() => Promise.reject(new Error("connection refused"))),
    recover: () => fetchKeySet.mockImplementation(answer),
  };
}

/** Lets promises run as far as they get without I/O or time. */
export async function turn(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  for (let count = 0; count < 50; count++) await Promise.resolve();
}
