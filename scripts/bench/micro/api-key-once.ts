// Verifying an API key among as many consumers as the parent says, in a process of its own: what code has run with before
// must not change how it is compiled.
import { do_not_optimize, measure } from "mitata";
import type { RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { generateKey } from "../../../src/identity/api-key/format.ts";
import { hashKey } from "../../../src/identity/api-key/hash.ts";
import { ConsumerDirectory } from "../../../src/identity/consumers/directory.ts";
import { create, options } from "../../../src/identity/credentials/api-key.ts";
import { createMemoryConsumers } from "../../../src/stores/consumers/memory.ts";

/** Times of the whole of `verify`, in ns. */
export interface KeyTimes {
  /** The same caller again and again. */
  readonly one: Spread;
  /** Callers in turns: all of them, or {@link MOST_CALLERS}. */
  readonly turns: Spread;
  /** A key with a wrong checksum. */
  readonly garbage: Spread;
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

const PREFIX = "shop_live";
/** Fewer than an isolate remembers. */
const MOST_CALLERS = 2_000;

process.once("message", async (size: number) => {
  const { credential, callers } = await keysAmong(size);
  const garbage = present(`${PREFIX}_000000000000000000000000_000000`);
  let turn = 0;
  const spread = async (next: () => RequestContext): Promise<Spread> => {
    const { p50, p99 } = await measure(() => do_not_optimize(credential.verify(next())));
    return { p50, p99 };
  };
  const times: KeyTimes = {
    one: await spread(() => callers[0]!),
    turns: await spread(() => callers[turn++ % callers.length]!),
    garbage: await spread(() => garbage),
  };
  process.send!(times, () => process.exit(0));
});

/** A credential whose isolate knows the callers already. */
async function keysAmong(size: number) {
  const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);
  const act = { actor: "bench", at: Date.now() };
  const registry = createMemoryConsumers();
  const consumers = new ConsumerDirectory({ registry, now: () => Date.now(), log: () => {} });
  const compiled = options().parse({ prefix: PREFIX, staleness: "5m" });
  const credential = create(
    compiled as Parameters<typeof create>[0],
    { scopes: ["orders:read"] },
    { deps: { consumers } as unknown as Deps },
  );
  const callers: RequestContext[] = [];
  for (let n = 0; n < size; n++) {
    const key = generateKey(PREFIX, random);
    await registry.create({ id: `c${n}`, roles: [], metadata: {}, suspended: false }, act);
    await registry.addKey(
      `c${n}`,
      { id: `k${n}`, prefix: PREFIX, hash: await hashKey(key), scopes: ["orders:read"] },
      act,
    );
    callers.push(present(key));
  }
  const known = callers.slice(-MOST_CALLERS);
  for (const caller of known) await credential.verify(caller);
  await Promise.all(background);
  for (const caller of known) {
    if (credential.verify(caller) instanceof Promise) throw new Error("a key that is known was asked about");
  }
  return { credential, callers: known };
}

const background: Array<Promise<unknown>> = [];

/** What a credential looks at of a request; a whole one costs Node microseconds. */
function present(key: string): RequestContext {
  return {
    request: { headers: new Headers({ "x-api-key": key }) },
    search: "",
    budget: { remaining: () => 60_000, acquire: () => undefined, release: () => {} },
    execution: { waitUntil: (work: Promise<unknown>) => void background.push(work) },
  } as unknown as RequestContext;
}
