import { type Address, maskAddress, parseAddress, parseNetwork } from "../http/network.ts";
import type { BlockEntry, BlockKind } from "../stores/blocks/block-store.ts";

/** What is known of a caller before anything is proved. */
export interface Whence {
  readonly address: string;
  /** Autonomous system of the address, as the platform says. */
  readonly asn?: number | undefined;
  /** Two-letter code of the country of the address, as the platform says. */
  readonly country?: string | undefined;
}

/** Who a caller has proved to be. */
export interface Who {
  /** The identity's id. */
  readonly id: string;
  readonly consumer?: string | undefined;
  /** The key, token or certificate that proved it. */
  readonly key?: string | undefined;
}

/** One list, made ready to be asked. */
export class BlockList {
  /** By kind, then by value: a kind that nobody is on costs nothing. */
  readonly #named = new Map<BlockKind, Map<string, BlockEntry>>();
  /** Networks by the length of their prefix, then by their first address. */
  readonly #networks = new Map<number, Map<string, BlockEntry>>();

  constructor(entries: readonly BlockEntry[]) {
    for (const entry of entries) {
      const { kind, value } = entry;
      const network = kind === "network" ? parseNetwork(value) : undefined;
      if (network === undefined) put(this.#named, kind, value, entry);
      else put(this.#networks, network.bits, network.first.join(), entry);
    }
  }

  /** Whether somebody may be on it for who they are, not for where they call from. */
  get namesCallers(): boolean {
    return CALLER_KINDS.some((kind) => this.#named.has(kind));
  }

  /** The entry that a caller's whereabouts fall under; one for the address before one for its country. */
  whence({ address, asn, country }: Whence, now: number): BlockEntry | undefined {
    const parsed = this.#networks.size === 0 ? undefined : parseAddress(address);
    return (
      (parsed && this.#network(parsed, now)) ??
      (asn === undefined ? undefined : this.#find("asn", String(asn), now)) ??
      (country === undefined ? undefined : this.#find("country", country, now))
    );
  }

  /** The entry for a caller who is known; the narrowest first, as it says most. */
  who({ id, consumer, key }: Who, now: number): BlockEntry | undefined {
    return (
      (key === undefined ? undefined : this.#find("key", key, now)) ??
      this.#find("identity", id, now) ??
      (consumer === undefined ? undefined : this.#find("consumer", consumer, now))
    );
  }

  #network(address: Address, now: number): BlockEntry | undefined {
    for (const [bits, networks] of this.#networks) {
      const entry = networks.get(maskAddress(address, bits).join());
      if (entry !== undefined && inForce(entry, now)) return entry;
    }
    return undefined;
  }

  #find(kind: BlockKind, value: string, now: number): BlockEntry | undefined {
    const entry = this.#named.get(kind)?.get(value);
    return entry !== undefined && inForce(entry, now) ? entry : undefined;
  }
}

const CALLER_KINDS = ["key", "identity", "consumer"] as const satisfies readonly BlockKind[];

function put<Kind, Value>(maps: Map<Kind, Map<string, Value>>, kind: Kind, key: string, value: Value): void {
  const map = maps.get(kind) ?? new Map<string, Value>();
  maps.set(kind, map.set(key, value));
}

function inForce({ expiresAt = Number.POSITIVE_INFINITY }: BlockEntry, now: number): boolean {
  return now < expiresAt;
}

/** Sorts entries into their lists. */
export function listsOf(entries: readonly BlockEntry[]): ReadonlyMap<string, BlockList> {
  const byName = Map.groupBy(entries, ({ list }) => list);
  return new Map([...byName].map(([name, list]) => [name, new BlockList(list)]));
}
