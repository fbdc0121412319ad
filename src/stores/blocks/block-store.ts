/** By what a caller is blocked. */
export type BlockKind = "network" | "asn" | "country" | "consumer" | "identity" | "key";

/** Which entry of which list. */
export interface BlockId {
  /** The list's name, as manifests have it. */
  readonly list: string;
  readonly kind: BlockKind;
  /** An address or network, a number, a two-letter code, or an id, of a key as `Identity.key` has it. */
  readonly value: string;
}

/** One entry of a deny or allow list. */
export interface BlockEntry extends BlockId {
  /** For operators: no caller is told. */
  readonly reason: string;
  /** In ms since the epoch; absent: until it is removed. */
  readonly expiresAt?: number;
  /** In ms since the epoch. */
  readonly createdAt: number;
  readonly createdBy: string;
}

/** All entries at one time. */
export interface BlockSnapshot {
  /** Grows with every change. */
  readonly version: number;
  readonly entries: readonly BlockEntry[];
}

/** One change, as it was made. */
export interface BlockChange {
  /** Grows with every change. */
  readonly version: number;
  /** In ms since the epoch. */
  readonly at: number;
  readonly by: string;
  readonly action: "put" | "remove";
  readonly entry: BlockId & Partial<BlockEntry>;
}

/** Deny and allow lists for all isolates. A change and its line in the audit log are made together or not at all. */
export interface BlockStore {
  /** @param known the version that the caller has. @returns undefined where that is the newest */
  read(known?: number): Promise<BlockSnapshot | undefined>;
  /** Adds an entry, or puts it in the place of the one with its list, kind and value. */
  put(entry: BlockEntry): Promise<void>;
  /** @returns whether there was such an entry */
  remove(id: BlockId, by: string, at: number): Promise<boolean>;
  /** The latest changes first, as far as they are kept. @param before only those of lower versions */
  changes(limit: number, before?: number): Promise<BlockChange[]>;
}

/** Most entries of all lists: each isolate holds all of them. */
export const MOST_ENTRIES = 10_000;

/** Who puts temporary bans on lists. */
export const GATEWAY = "gateway";

/** Room that bans leave: who has many addresses banned must not keep operators from adding entries of their own. */
const OPERATORS_ROOM = 1_000;

/** Most entries of all lists that there may be for somebody to add another. */
export function mostEntriesFor(creator: string): number {
  return creator === GATEWAY ? MOST_ENTRIES - OPERATORS_ROOM : MOST_ENTRIES;
}

/** How long a change is kept, in ms: a year. */
export const KEPT_MS = 365 * 86_400_000;
/** The latest changes that are kept, of operators and of the gateway each: bans push out no change of an operator. */
export const KEPT_CHANGES = 10_000;
/** Which of them are too many is looked up with every so manieth change. */
export const COUNTED_EVERY = 100;

/** What a store rejects with where it is full. */
export class TooManyEntries extends Error {
  constructor() {
    super("there are as many entries as there may be");
    this.name = "TooManyEntries";
  }
}

/** Whether an error is {@link TooManyEntries}, which loses its class on its way from a Durable Object. */
export function isTooManyEntries(error: unknown): boolean {
  return error instanceof Error && error.name === "TooManyEntries";
}
