import type { RequestContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import type { Refusal } from "../../errors/refusal.ts";
import { causeText } from "../../observe/cause.ts";
import type { KeyHolder } from "../../stores/consumers/consumer.ts";
import { type ConsumerRegistry, USE_MS } from "../../stores/consumers/consumer-registry.ts";
import { hashKey } from "../api-key/hash.ts";
import { heeding } from "./heeding.ts";
import { KnownAnswers } from "./known-answers.ts";
import { type KnownConsumer, knownConsumer, type Standing } from "./known-consumer.ts";
import { type KnownKey, knownKey } from "./known-key.ts";
import { RegistryWatch } from "./registry-watch.ts";

type DirectoryDeps = Pick<Deps, "now" | "log"> & { readonly registry: ConsumerRegistry };

/** The registered callers and their keys as an isolate knows them: see {@link KnownAnswers}. */
export class ConsumerDirectory {
  /** The registry, for whoever administers it: what is written through it counts in this isolate at once. */
  readonly registry: ConsumerRegistry;
  readonly #asked: ConsumerRegistry;
  readonly #now: () => number;
  readonly #log: Deps["log"];
  readonly #keys: KnownAnswers<KeyHolder, KnownKey>;
  readonly #consumers: KnownAnswers<Standing, KnownConsumer>;

  constructor({ registry, now, log }: DirectoryDeps) {
    this.#asked = registry;
    this.#now = now;
    this.#log = log;
    const changed = (consumers: ReadonlySet<string>) => {
      this.#keys.forgetOf(consumers);
      this.#consumers.forgetOf(consumers);
    };
    const watch = new RegistryWatch({ registry, now, changed });
    this.#keys = new KnownAnswers(
      {
        find: async (key, at) => registry.find(await hashKey(key), at),
        ready: knownKey,
        consumerOf: (_, { identity }) => identity.subject,
      },
      watch,
      now,
    );
    this.#consumers = new KnownAnswers(
      {
        find: async (id) => (await registry.consumer(id))?.consumer,
        ready: knownConsumer,
        consumerOf: (id) => id,
      },
      watch,
      now,
    );
    this.registry = heeding(registry, () => {
      this.#keys.forget();
      this.#consumers.forget();
    });
  }

  /** What is known of a key and may still be believed: nothing is waited for. @param staleness ms */
  known(key: string, staleness: number, ctx: RequestContext): KnownKey | undefined {
    return this.#keys.known(key, staleness, ctx);
  }

  /**
   * Asks the registry about a key.
   * @returns undefined for one that does not hold: unknown, revoked or expired. A refusal where nobody can tell.
   */
  ask(key: string, ctx: RequestContext): undefined | Promise<KnownKey | Refusal | undefined> {
    return this.#keys.ask(key, ctx);
  }

  /** What is known of a consumer and may still be believed: nothing is waited for. @param staleness ms */
  knownConsumer(id: string, staleness: number, ctx: RequestContext): KnownConsumer | undefined {
    return this.#consumers.known(id, staleness, ctx);
  }

  /** Asks the registry about a consumer. @returns undefined where there is none. A refusal where nobody can tell. */
  askConsumer(id: string, ctx: RequestContext): undefined | Promise<KnownConsumer | Refusal | undefined> {
    return this.#consumers.ask(id, ctx);
  }

  /** A key was let in: the registry is told after the answer, once a minute at most. */
  noteUse(known: KnownKey, ctx: RequestContext): void {
    const now = this.#now();
    if (now < known.notedAt + USE_MS) return;
    known.notedAt = now;
    const noted = this.#asked.noteUse(known.id, now).catch((cause: unknown) => {
      this.#log({ level: "warn", event: "key-use-not-noted", key: known.id, cause: causeText(cause) });
    });
    ctx.execution.waitUntil(noted);
  }
}
