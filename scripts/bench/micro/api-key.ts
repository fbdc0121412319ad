import { bench, do_not_optimize, group } from "mitata";
import type { RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { generateKey } from "../../../src/identity/api-key/format.ts";
import { hashKey } from "../../../src/identity/api-key/hash.ts";
import { ConsumerDirectory } from "../../../src/identity/consumers/directory.ts";
import { create, options } from "../../../src/identity/credentials/api-key.ts";
import { createMemoryConsumers } from "../../../src/stores/consumers/memory.ts";

const PREFIX = "shop_live";
/** Consumers of the smaller and of the larger registry: the look-up must cost the same. */
const SIZES = [10, 10_000] as const;
/** Callers who take turns: fewer than an isolate remembers. */
const FEW = 2_000;

/** An API key: known to the isolate, one of many that are known, and one without a right checksum. */
export async function register(): Promise<void> {
  const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);
  const act = { actor: "bench", at: Date.now() };
  const background: Array<Promise<unknown>> = [];
  const present = (key: string): RequestContext =>
    // What a credential looks at; node's Request costs milliseconds to make by the thousand.
    ({
      request: { headers: new Headers({ "x-api-key": key }) },
      search: "",
      budget: { remaining: () => 60_000, acquire: () => undefined, release: () => {} },
      execution: { waitUntil: (work: Promise<unknown>) => void background.push(work) },
    }) as unknown as RequestContext;

  for (const size of SIZES) {
    const registry = createMemoryConsumers();
    const consumers = new ConsumerDirectory({ registry, now: () => Date.now(), log: () => {} });
    const compiled = options().parse({ prefix: PREFIX, staleness: "5m" });
    const deps = { consumers } as unknown as Deps;
    const credential = create(
      compiled as Parameters<typeof create>[0],
      { scopes: ["orders:read"] },
      { deps },
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
    const known = callers.slice(-FEW);
    for (const caller of known) await credential.verify(caller);
    await Promise.all(background);
    let turn = 0;
    const garbage = present(`${PREFIX}_000000000000000000000000_000000`);
    group(`api key, ${size} consumers`, () => {
      bench("known", () => do_not_optimize(credential.verify(known[0]!)));
      bench(`one of ${known.length} known`, () =>
        do_not_optimize(credential.verify(known[turn++ % known.length]!)),
      );
      bench("a wrong checksum", () => do_not_optimize(credential.verify(garbage)));
    });
  }
}
