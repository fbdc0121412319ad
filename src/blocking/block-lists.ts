import type { BlockEntry, BlockSnapshot, BlockStore } from "../stores/blocks/block-store.ts";
import { type BlockList, listsOf } from "./snapshot.ts";

/** After so many ms a change holds everywhere. */
export const STALENESS_MS = 10_000;
/** A reading that has not ended by then has been lost with its request. */
const LOST_MS = 5_000;

/** The lists as an isolate knows them. */
export type Lists = ReadonlyMap<string, BlockList>;

/** What the isolate's view is made of. */
export interface BlockListsTools {
  readonly store: BlockStore;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: (line: Readonly<Record<string, unknown>>) => void;
}

/**
 * An isolate's view of the deny and allow lists: never older than {@link STALENESS_MS}. It is read anew in the
 * background when half of that has passed, so that a busy isolate never waits for it.
 */
export class BlockLists {
  readonly #tools: BlockListsTools;
  #snapshot: BlockSnapshot | undefined;
  #lists: Lists = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #readingSince = Number.NEGATIVE_INFINITY;

  constructor(tools: BlockListsTools) {
    this.#tools = tools;
  }

  /** The lists for all isolates, for whoever administers them. */
  get store(): BlockStore {
    return this.#tools.store;
  }

  /** The lists; a promise where they have to be read first, which rejects where they cannot be. */
  current(execution: Pick<ExecutionContext, "waitUntil">): Lists | Promise<Lists> {
    const now = this.#tools.now();
    const age = now - this.#readAt;
    if (age < 0 || age >= STALENESS_MS) return this.#read();
    if (age >= STALENESS_MS / 2 && now - this.#readingSince >= LOST_MS) {
      this.#readingSince = now;
      execution.waitUntil(this.#read().catch((cause: unknown) => this.#failed(cause)));
    }
    return this.#lists;
  }

  /** What was last known, however old. For who goes on without the store. */
  get lastKnown(): Lists {
    return this.#lists;
  }

  /** Adds an entry for all isolates; this one knows it at once. */
  async put(entry: BlockEntry): Promise<void> {
    await this.#tools.store.put(entry);
    await this.#read();
  }

  async #read(): Promise<Lists> {
    const { store, now } = this.#tools;
    const asked = now();
    const news = await store.read(this.#snapshot?.version);
    // Of two readings the one that was asked for later may end first.
    if (asked < this.#readAt) return this.#lists;
    this.#readAt = asked;
    if (news !== undefined && news.version >= (this.#snapshot?.version ?? 0)) {
      this.#snapshot = news;
      this.#lists = listsOf(news.entries);
    }
    return this.#lists;
  }

  #failed(cause: unknown): void {
    this.#tools.log({ level: "warn", event: "blocks-not-read", cause: String(cause) });
  }
}
